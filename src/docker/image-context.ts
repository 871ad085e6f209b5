import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { kdevError } from '../errors/kdev-error.ts';
import { encodeTar, type TarFile } from './tar.ts';

/** What the engine builds kdev's image from: the Dockerfile and the programs of the package whose folder is `root`. */
export function readImageContext(root: string): Buffer {
  const programs = join(root, 'dist/programs');
  const paths = filesBelow(programs).sort();
  if (!paths.includes('sidecar.mjs') || !paths.includes('agent.mjs')) {
    throw kdevError('IMAGE_UNAVAILABLE', {
      fact: 'the programs that the image is made from are not built',
      evidence: `looked in ${programs}`,
      hints: [{ who: 'you', text: 'in a clone of kdev, builds them', command: 'npm run build' }],
    });
  }
  const files: TarFile[] = [
    { path: 'Dockerfile', bytes: readFileSync(join(root, 'compose-templates/Dockerfile')) },
    ...paths.map((path) => ({
      path: `programs/${inImage(path)}`,
      bytes: readFileSync(join(programs, path)),
    })),
  ];
  return encodeTar(files);
}

/** The same for the same files: tells an image of this package from one of another build of the same version. */
export function contentOf(context: Buffer): string {
  return createHash('sha256').update(context).digest('hex');
}

/** npm leaves folders named node_modules out of a package, so in `dist` they have another name. */
function inImage(path: string): string {
  return path.replace(/^modules\//, 'node_modules/');
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(folder, path)).isFile(),
    );
  } catch {
    return [];
  }
}
