import { parseComposeLine } from './compose.ts';
import { filesForKdev } from './compose-alone.ts';
import { passThrough } from './pass-through.ts';

/**
 * `docker compose`, where a command line is Compose's alone and kdev need not be loaded to see it; undefined where it must
 * be, also for telling what is wrong.
 */
export async function composeAtOnce(words: readonly string[]): Promise<number | undefined> {
  const { KDEV_PROGRESS, KDEV_DEBUG } = process.env;
  const isKdevsHelp = /^(-h|--help)?$/.test(words[0] ?? '');
  if (isKdevsHelp || KDEV_PROGRESS || KDEV_DEBUG) return undefined;
  try {
    const commandLine = parseComposeLine(words);
    const found = await filesForKdev(commandLine, notNow);
    return found ? undefined : await passThrough(commandLine);
  } catch {
    return undefined;
  }
}

function notNow(): never {
  throw new Error('what comes by the standard input can be read once only');
}
