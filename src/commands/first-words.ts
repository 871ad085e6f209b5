import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { ComposeCommandLine } from '../compose/command-line.ts';
import { findComposeFiles, type Surroundings } from '../compose/compose-files.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { Story } from './story.ts';

/** Commands that say what they are about to do. */
const telling = new Set(['up', 'start']);

/**
 * Says something before Compose is asked for the project, which takes a while: which files it is asked for. Only where
 * one of them has x-kdev: whatever else there is, is exactly `docker compose`. Tells whether it was said.
 */
export function sayFirstWords(
  commandLine: ComposeCommandLine,
  around: Surroundings,
  openStory: () => Pick<Story, 'say'>,
): boolean {
  if (!telling.has(commandLine.command ?? '')) return false;
  const { files } = findComposeFiles(commandLine, around);
  if (!files.some(hasXKdev)) return false;
  const names = files.map((file) => {
    const near = relative(around.directory, file);
    return near.startsWith('..') ? file : near;
  });
  openStory().say(`kdev ${installedPackage().version} · reading ${names.join(', ')}`);
  return true;
}

/** A file that cannot be read is Compose's to complain of. */
function hasXKdev(file: string): boolean {
  try {
    const text = readFileSync(file, 'utf8').replace(/^\s*#.*$/gm, '');
    return /["']?x-kdev["']?\s*:/.test(text);
  } catch {
    return false;
  }
}
