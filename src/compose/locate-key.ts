import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';

/** Finds the line of a key in the user's own files: `compose.yaml:12`. */
export type LocateKey = (path: readonly string[]) => string | undefined;

/** Where a key of one service stands, in brackets; nothing where that is not known. */
export type LineOf = (...keys: readonly string[]) => string;

interface ParsedFile {
  readonly path: string;
  readonly name: string;
  readonly document: ReturnType<typeof parseDocument>;
  readonly lines: LineCounter;
}

/** A chain of `include` or `extends` that is longer is not followed to its end: it may be a circle. */
const longestChain = 20;

/**
 * The last file that has the key counts, as it does for Compose; then those that it includes, and the services that it
 * extends. A key within a short form is found at the short form. Paths with variables in them are not followed.
 */
export function keyLocator(files: readonly string[], directory: string): LocateKey {
  let parsed: readonly ParsedFile[] | undefined;
  return (path) => {
    parsed ??= files.flatMap((file) => parseWithIncluded(file, directory)).reverse();
    const found = parsed
      .flatMap((file) => placesOf(file, path, directory))
      .sort((a, b) => b.depth - a.depth)[0];
    const least = path.indexOf('x-kdev') + 1 || path.length;
    if (found?.offset === undefined || found.depth < least) return undefined;
    return `${found.file.name}:${found.file.lines.linePos(found.offset).line}`;
  };
}

/** The included files first: what the file itself says goes before them. */
function parseWithIncluded(file: string, directory: string, chain = 0): ParsedFile[] {
  const parsed = parseFile(file, directory);
  const entries: unknown[] = parsed.flatMap(({ document }) => plain(document.get('include')) ?? []);
  const included = entries.flatMap((entry) => Object(entry).path ?? entry);
  return [
    ...(chain < longestChain ? included : []).flatMap((path) =>
      parseWithIncluded(resolve(dirname(file), String(path)), directory, chain + 1),
    ),
    ...parsed,
  ];
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
    return [{ path: file, name: near.startsWith('..') ? file : near, document, lines }];
  } catch {
    return [];
  }
}

interface Place {
  readonly file: ParsedFile;
  readonly depth: number;
  readonly offset: number | undefined;
}

/** Where the path leads in the file, and where it leads in the service that this one extends. */
function placesOf(
  file: ParsedFile,
  path: readonly string[],
  directory: string,
  chain = 0,
): readonly Place[] {
  const own = { file, ...deepestKey(file, path) };
  const [section, service, ...keys] = path;
  if (section !== 'services' || chain === longestChain) return [own];
  const extended = plain(file.document.getIn([section, service, 'extends']));
  if (extended === undefined || extended === null) return [own];
  const { service: name = extended, file: other } = Object(extended);
  const files =
    other === undefined ? [file] : parseFile(resolve(dirname(file.path), other), directory);
  return [
    own,
    ...files.flatMap((one) =>
      placesOf(one, [section, String(name), ...keys], directory, chain + 1),
    ),
  ];
}

function plain(node: unknown): unknown {
  return isNode(node) ? node.toJSON() : node;
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
    const child = childOf(node, key, document);
    if (child === undefined) return { depth, offset };
    offset = child.offset ?? offset;
    node = child.value;
  }
  return { depth: path.length, offset };
}

function childOf(
  node: unknown,
  key: string,
  document: ParsedFile['document'],
): { offset: number | undefined; value: unknown } | undefined {
  if (isMap(node)) {
    const named = (name: string) =>
      node.items.filter((item) => isScalar(item.key) && String(item.key.value) === name);
    const [pair] = named(key);
    if (pair) return { offset: (pair.key as Node).range?.[0], value: pair.value };
    const merged = named('<<').flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
    const maps = merged.map((one) => (isAlias(one) ? one.resolve(document) : one));
    return maps.map((one) => childOf(one, key, document)).find((child) => child !== undefined);
  }
  const item = isSeq(node) ? node.items[Number(key)] : undefined;
  return item === undefined ? undefined : { offset: (item as Node).range?.[0], value: item };
}
