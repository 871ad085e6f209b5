import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const common: BuildOptions = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  metafile: true,
};

const requireShim =
  "import { createRequire as kdevCreateRequire } from 'node:module'; const require = kdevCreateRequire(import.meta.url);";

// Built aside and put in place at the end: a kdev that runs from dist meanwhile finds all of it.
const out = `dist.${process.pid}`;
const programs = `${out}/programs`;

/** Each program of the image is one self-contained file; a worker thread needs a file of its own beside it. */
function programEntries(): Record<string, string> {
  const workers = readdirSync('.', { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(sidecar|agent)\/.*-worker\.ts$/.test(path),
  );
  return {
    sidecar: 'sidecar/main.ts',
    agent: 'agent/main.ts',
    ...Object.fromEntries(workers.map((path) => [basename(path, '.ts'), path])),
  };
}

/**
 * koffi beside the programs, for both architectures: the engine and the cluster need not be of this machine's.
 * The folder is not called node_modules, which npm would leave out of the package.
 */
function copyKoffi(): void {
  const modules = join(programs, 'modules');
  const koffi = 'node_modules/koffi';
  for (const file of ['package.json', 'LICENSE.txt', 'index.js', 'src/koffi/index.js']) {
    cpSync(join(koffi, file), join(modules, 'koffi', file));
  }
  const parts = join(koffi, 'src/koffi/src');
  for (const file of readdirSync(parts).filter((name) => /\.c?js$/.test(name))) {
    cpSync(join(parts, file), join(modules, 'koffi/src/koffi/src', file));
  }
  const { version } = JSON.parse(readFileSync(join(koffi, 'package.json'), 'utf8'));
  for (const architecture of ['x64', 'arm64']) {
    const name = `@koromix/koffi-linux-${architecture}`;
    const native = nativePackage(name, String(version));
    for (const file of ['package.json', 'index.js', `linux_${architecture}`]) {
      cpSync(join(native, file), join(modules, name, file), { recursive: true });
    }
  }
}

/** The folder of an installed package, or of one fetched once: npm installs only this machine's architecture. */
function nativePackage(name: string, version: string): string {
  const installed = join('node_modules', name);
  if (existsSync(installed)) return installed;
  const cache = join('node_modules/.cache/kdev', `${name}-${version}`);
  const unpacked = join(cache, 'package');
  if (existsSync(unpacked)) return unpacked;
  process.stdout.write(`fetching ${name}@${version}\n`);
  const making = `${cache}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const pack = ['pack', `${name}@${version}`, '--silent', '--pack-destination', making];
  const tarball = execFileSync('npm', pack, { encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', join(making, tarball), '-C', making]);
  mkdirSync(dirname(cache), { recursive: true });
  cpSync(making, cache, { recursive: true });
  rmSync(making, { recursive: true });
  return unpacked;
}

/** The terms of every package of which something is in the bundles. */
function licensesOf(inputs: readonly string[]): string {
  const folders = inputs.flatMap((path) => {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    return found === undefined ? [] : [found];
  });
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      );
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text =
        file === undefined ? `License: ${license}` : readFileSync(join(folder, file), 'utf8');
      return `${name} ${version}\n\n${text.trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

// npm brings the cli these; what is no dependency of the package is bundled. Of @kubernetes/client-node the cli needs a
// twentieth: all of it costs 54 MB on the disk, 70 MB of memory and half a second at each start of a session.
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

const cli: BuildOptions = {
  ...common,
  outdir: out,
  external: Object.keys(dependencies),
  sourcemap: 'linked',
  sourcesContent: false,
};

/**
 * Leaves what is imported later out of a bundle: it is built beside it. One small file is loaded in half the time of a dozen,
 * and what a file imports from Node is loaded with it, whether it comes to be used or not.
 */
const later: Readonly<Record<string, string>> = {
  program: 'src/program.ts',
  'had-session': 'src/session/had-session.ts',
};

const besides: Plugin = {
  name: 'besides',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\.ts$/ }, ({ kind, path }) => {
      const name = basename(path, '.ts');
      const isLater = kind === 'dynamic-import' && Object.hasOwn(later, name);
      return isLater ? { path: `./${name}.mjs`, external: true } : undefined;
    });
  },
};

const outputs = await Promise.all([
  build({
    ...cli,
    entryPoints: { kdev: 'src/main.ts' },
    plugins: [besides],
  }),
  build({
    ...cli,
    entryPoints: later,
    // node-fetch takes Node's URL and falls back on this one, whose punycode makes Node 22 and newer warn at each start.
    alias: { 'whatwg-url': 'node:url' },
    splitting: true,
    banner: { js: requireShim },
  }),
  build({
    ...common,
    outdir: programs,
    entryPoints: programEntries(),
    external: ['koffi'],
    banner: { js: requireShim },
  }),
]);
copyKoffi();
writeFileSync(
  `${out}/licenses.txt`,
  licensesOf(outputs.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}))),
);
if (existsSync('dist')) renameSync('dist', `${out}.old`);
renameSync(out, 'dist');
rmSync(`${out}.old`, { recursive: true, force: true });

for (const { metafile } of outputs) {
  for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {})) {
    if (file.endsWith('.mjs'))
      process.stdout.write(`${file.replace(out, 'dist')} ${(bytes / 1024).toFixed(1)} KiB\n`);
  }
}
