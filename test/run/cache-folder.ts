import { homedir } from 'node:os';
import path from 'node:path';

/** Where builds and the test clusters' state are kept between runs: never in the repository, never anything of the user's. */
export function cacheFolder(...parts: string[]): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return path.join(base, 'kdev-test', ...parts);
}
