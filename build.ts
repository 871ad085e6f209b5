import { type BuildOptions, build } from 'esbuild';

const common: BuildOptions = {
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  metafile: true,
};

const requireShim =
  "import { createRequire as kdevCreateRequire } from 'node:module'; const require = kdevCreateRequire(import.meta.url);";

// npm brings the cli its dependencies; the image gets one self-contained file a program, koffi beside them.
const outputs = await Promise.all([
  build({ ...common, entryPoints: { kdev: 'src/main.ts' }, packages: 'external', splitting: true }),
  build({
    ...common,
    entryPoints: { sidecar: 'sidecar/main.ts', agent: 'agent/main.ts' },
    external: ['koffi'],
    banner: { js: requireShim },
  }),
]);

for (const { metafile } of outputs) {
  for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {})) {
    if (file.endsWith('.mjs')) process.stdout.write(`${file} ${(bytes / 1024).toFixed(1)} KiB\n`);
  }
}
