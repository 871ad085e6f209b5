import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where builds and the test clusters' state are kept between runs: never in the repository, nor in a place of the user's. */
export function cacheFolder(...parts: string[]): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return path.join(base, 'kdev-test', ...parts);
}

/** A folder of the cache whose name stands for what is in it: `fill` makes it once, and it appears whole or not at all. */
export async function filledFolder(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = cacheFolder(name);
  if (await exists(folder)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another run may have made the same at the same time.
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
