import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nearestName } from '../errors/nearest-name.ts';
import type { ComposeFiles } from './compose-files.ts';

/**
 * Whether Compose must be asked for the project to know if it has x-kdev: some file says so, or there is one that cannot be
 * looked at from here. Where none has it, what was asked for is Compose's alone, and nobody waits for more.
 * `input` is what came by the standard input, where that is one of the files.
 */
export async function mayHaveXKdev(
  { files, directory }: Pick<ComposeFiles, 'files' | 'directory'>,
  input = '',
): Promise<boolean> {
  const waiting = [...files];
  const seen = new Set<string>();
  const others = await withoutXKdev(input, [directory]);
  if (others === undefined) return true;
  waiting.push(...others);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = textOf(file) ?? (isElsewhere(file) ? undefined : '');
    const more = text === undefined ? text : await withoutXKdev(text, [dirname(file), directory]);
    if (more === undefined) return true;
    waiting.push(...more);
  }
  return false;
}

/** The files that a text includes or extends; undefined where it has x-kdev, or they cannot be found. */
async function withoutXKdev(
  text: string,
  directories: readonly string[],
): Promise<readonly string[] | undefined> {
  if (textHasXKdev(text) || nearXKdev(text) !== undefined) return undefined;
  const others = await otherFiles(text);
  const found = others?.map((other) => findFrom(other, directories));
  return found?.every((paths) => paths.length > 0) ? found.flat() : undefined;
}

/** Whether a file has x-kdev itself; what stands in comments does not count. */
export function fileHasXKdev(file: string): boolean {
  return textHasXKdev(textOf(file) ?? '');
}

export function textHasXKdev(text: string): boolean {
  return /["']?x-kdev["']?\s*:/.test(withoutComments(text));
}

/** A key that may be meant as x-kdev: `x-kdv`, `X-kdev`. Other keys of one's own, such as x-dev, are not so near. */
export function nearXKdev(text: string): string | undefined {
  const keys = withoutComments(text).matchAll(/(?:^|[\s{,"'])(x[-_]k[-\w]{1,8})["']?\s*:/gim);
  return [...keys].map(([, key = '']) => key).find(isNearXKdev);
}

export function isNearXKdev(key: string): boolean {
  return key !== 'x-kdev' && /^x[-_]k/i.test(key) && nearestName(key, ['x-kdev']) !== undefined;
}

function withoutComments(text: string): string {
  return text.replace(/^\s*#.*$/gm, '');
}

/** A file that cannot be read is Compose's to complain of. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Compose takes repositories and artifacts for files, too; and a variable may stand for anything. */
function isElsewhere(file: string): boolean {
  return /[:@$]|github\.com|\.git\b/.test(file);
}

/** What the file includes or extends; undefined where that cannot be told. */
async function otherFiles(text: string): Promise<readonly string[] | undefined> {
  if (!/\b(include|extends)\b/.test(withoutComments(text))) return [];
  const { parse } = await import('yaml');
  try {
    const { include, services } = Object(parse(text, { merge: true, logLevel: 'error' }));
    const included = list(include).flatMap((entry) => list(Object(entry).path ?? entry));
    const extended = Object.values(Object(services)).flatMap((service) =>
      list(Object(Object(service).extends).file),
    );
    return [...included, ...extended].map(String);
  } catch {
    return undefined;
  }
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** Compose takes a path from the project's directory, or from that of the file: whatever is there may be meant. */
function findFrom(path: string, directories: readonly string[]): readonly string[] {
  return directories.map((directory) => resolve(directory, path)).filter((one) => existsSync(one));
}
