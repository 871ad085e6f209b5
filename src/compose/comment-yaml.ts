import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A step of the way to a place in YAML: a key of a map, or the item of a list whose key has this value. */
export type YamlStep = string | { readonly key: string; readonly value: string };

export interface YamlComment {
  readonly path: readonly YamlStep[];
  readonly words: string;
}

/** The same text with a line of comment above each of these places; what is not there gets none. */
export function commentYaml(text: string, comments: readonly YamlComment[]): string {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter, strict: false });
  const above = new Map<number, string[]>();
  for (const { path, words } of comments) {
    const offset = offsetOf(contents, path);
    if (offset === undefined) continue;
    const { line } = lineCounter.linePos(offset);
    above.set(line, [...(above.get(line) ?? []), words]);
  }
  return text
    .split('\n')
    .flatMap((line, index) => {
      const indent = /^ */.exec(line)?.[0] ?? '';
      const words = above.get(index + 1) ?? [];
      return [...words.map((one) => `${indent}# ${one}`), line];
    })
    .join('\n');
}

function offsetOf(contents: unknown, path: readonly YamlStep[]): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const step of path) {
    const found = typeof step === 'string' ? pairOf(node, step) : itemOf(node, step);
    if (!found) return undefined;
    ({ offset, node } = found);
  }
  return offset;
}

function pairOf(node: unknown, key: string) {
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair && { offset: (pair.key as Node).range?.[0], node: pair.value as unknown };
}

function itemOf(node: unknown, { key, value }: Exclude<YamlStep, string>) {
  if (!isSeq(node)) return undefined;
  const item = node.items.find((one) => isMap(one) && String(one.get(key)) === value);
  return isMap(item) ? { offset: item.range?.[0], node: item as unknown } : undefined;
}
