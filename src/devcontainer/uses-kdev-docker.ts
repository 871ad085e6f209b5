import { basename } from 'node:path';

/** A process as `ps` shows it. */
export interface ProcessLine {
  readonly parent: number;
  readonly words: readonly string[];
}

/** The program that stands for docker: bin/kdev-docker. */
export const kdevDocker = 'kdev-docker';

/** More than any real chain of parents. */
const mostAncestors = 64;

/** Whether the Dev Containers CLI among the parents of a process was given kdev-docker for docker. */
export function usesKdevDocker(
  pid: number,
  lookUp: (pid: number) => ProcessLine | undefined,
): boolean {
  let at = pid;
  for (let step = 0; step < mostAncestors && at > 1; step += 1) {
    const found = lookUp(at);
    if (!found) return false;
    if (dockerPath(found.words) === kdevDocker) return true;
    at = found.parent;
  }
  return false;
}

/** `--docker-path PATH`, `--docker-path=PATH` → the program's name. */
function dockerPath(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => /^--docker-path(=|$)/.test(word));
  if (at < 0) return undefined;
  const path = /^--docker-path=(.*)$/.exec(words[at] ?? '')?.[1] ?? words[at + 1];
  return path === undefined ? undefined : basename(path);
}
