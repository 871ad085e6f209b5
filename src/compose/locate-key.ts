import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** Finds the line of a key in the user's own files: `compose.yaml:12`. */
export type LocateKey = (path: readonly string[]) => string | undefined;

interface ParsedFile {
  readonly name: string;
  readonly document: ReturnType<typeof parseDocument>;
  readonly lines: LineCounter;
}

/**
 * The last file that has the key counts, as it does for Compose. A key within a short form is found at the short form.
 * What comes from `include` or `extends` is not found.
 */
export function keyLocator(files: readonly string[], directory: string): LocateKey {
  let parsed: readonly ParsedFile[] | undefined;
  return (path) => {
    parsed ??= files.flatMap((file) => parseFile(file, directory)).reverse();
    const found = parsed
      .map((file) => ({ file, ...deepestKey(file, path) }))
      .sort((a, b) => b.depth - a.depth)[0];
    const least = path.indexOf('x-kdev') + 1 || path.length;
    if (found?.offset === undefined || found.depth < least) return undefined;
    return `${found.file.name}:${found.file.lines.linePos(found.offset).line}`;
  };
}

/** A file that cannot be read or parsed is Compose's to complain of. */
function parseFile(file: string, directory: string): ParsedFile[] {
  try {
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(file, 'utf8'), {
      lineCounter: lines,
      strict: false,
    });
    const near = relative(directory, file);
    return [{ name: near.startsWith('..') ? file : near, document, lines }];
  } catch {
    return [];
  }
}

/** How many keys of the path the file has, and where the last of them stands. */
function deepestKey(
  { document }: ParsedFile,
  path: readonly string[],
): { depth: number; offset: number | undefined } {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const child = childOf(node, key);
    if (child === undefined) return { depth, offset };
    offset = child.offset ?? offset;
    node = child.value;
  }
  return { depth: path.length, offset };
}

function childOf(
  node: unknown,
  key: string,
): { offset: number | undefined; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    return pair && { offset: (pair.key as Node).range?.[0], value: pair.value };
  }
  const item = isSeq(node) ? node.items[Number(key)] : undefined;
  return item === undefined ? undefined : { offset: (item as Node).range?.[0], value: item };
}
