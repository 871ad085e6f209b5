import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where kdev is installed, and as which version. Bundled or run from source, its folder is the nearest with a package.json. */
export interface InstalledPackage {
  readonly root: string;
  readonly version: string;
}

export function installedPackage(): InstalledPackage {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, 'package.json'))) {
    const parent = dirname(root);
    if (parent === root) throw new Error('kdev is not inside of its package');
    root = parent;
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { root, version: String(version) };
}
