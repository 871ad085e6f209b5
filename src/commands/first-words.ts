import { relative } from 'node:path';
import type { ComposeCommandLine } from '../compose/command-line.ts';
import { fileHasXKdev } from '../compose/x-kdev-in-files.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { Story } from './story.ts';

/** Commands that say what they are about to do. */
const telling = new Set(['up', 'start']);

/**
 * Says something before Compose is asked for the project, which takes a while: which files it is asked for. Only where
 * one of them has x-kdev: whatever else there is, is exactly `docker compose`. Tells whether it was said.
 */
export function sayFirstWords(
  { command = '' }: ComposeCommandLine,
  { files, from }: { readonly files: readonly string[]; readonly from: string },
  openStory: () => Pick<Story, 'say'>,
): boolean {
  if (!telling.has(command)) return false;
  if (!files.some(fileHasXKdev)) return false;
  const names = files.map((file) => {
    const near = relative(from, file);
    return near.startsWith('..') ? file : near;
  });
  openStory().say(`kdev ${installedPackage().version} · reading ${names.join(', ')}`);
  return true;
}
