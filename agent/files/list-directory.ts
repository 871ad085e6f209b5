import { readdir } from 'node:fs/promises';
import { errnoError } from '../../src/protocol/errno.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import type { DirectoryEntry } from '../../src/protocol/messages.ts';
import { attributesOf } from './attributes.ts';
import type { Descriptor } from './descriptor.ts';

/** Entries looked at in one go. */
const BATCH = 64;

/** The names of a directory with what they are. A name that vanishes in between is left out. */
export async function listDirectory(directory: Descriptor): Promise<readonly DirectoryEntry[]> {
  if (!directory.stats.isDirectory()) throw errnoError('ENOTDIR', 'list: not a directory');
  const names = await readdir(directory.path, 'latin1');
  if (names.length > LIMITS.listItems) throw errnoError('EFBIG', `list: ${names.length} names`);
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < names.length; at += BATCH) {
    const batch = names.slice(at, at + BATCH).map((name) => readEntry(directory, name));
    entries.push(...(await Promise.all(batch)).filter((entry) => entry !== undefined));
  }
  return entries;
}

async function readEntry(directory: Descriptor, name: string): Promise<DirectoryEntry | undefined> {
  try {
    const stats = await directory.childStats(name);
    const attributes = attributesOf(stats);
    if (!stats.isSymbolicLink()) return { name, attributes };
    return { name, attributes, link: await directory.readLink(name) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
