import { isModel, type Model } from '../../src/compose/model.ts';

/**
 * What differs between two models, a line a leaf, by path: `- path: value` is gone, `+ path: value` is new, and
 * `> path: value` moved as it was, to where `movesTo` says that it may.
 */
export function difference(
  before: Model,
  after: Model,
  movesTo: (path: string) => string | undefined,
): readonly string[] {
  const old = leaves(before);
  const now = leaves(after);
  const gone = [...old].filter(([path, value]) => now.get(path) !== value);
  const moved = new Map(
    gone.flatMap(([path, value]) => {
      const to = movesTo(path);
      return to !== undefined && now.get(to) === value ? [[path, to] as const] : [];
    }),
  );
  const arrived = new Set(moved.values());
  const added = [...now].filter(([path, value]) => old.get(path) !== value && !arrived.has(path));
  const lines = [
    ...gone.map(([path, value]) => ({
      path,
      line: `${moved.has(path) ? '>' : '-'} ${path}: ${value}`,
    })),
    ...added.map(([path, value]) => ({ path, line: `+ ${path}: ${value}` })),
  ];
  return lines.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ line }) => line);
}

/** Path → value. A list of plain values is one leaf. */
function leaves(value: unknown, path = ''): Map<string, string> {
  const children = childrenOf(value, path);
  if (children.length === 0) return new Map([[path, JSON.stringify(value)]]);
  return new Map(children.flatMap(([key, child]) => [...leaves(child, key)]));
}

function childrenOf(value: unknown, path: string): readonly [string, unknown][] {
  if (isModel(value)) {
    return Object.entries(value).map(([key, child]) => [(path && `${path}.${key}`) || key, child]);
  }
  if (!Array.isArray(value) || !value.some(isModel)) return [];
  return value.map((item, index) => [`${path}[${targetOf(item, value) ?? index}]`, item]);
}

/** A mount or port is known by its target, if it has one for itself, and not by its place in the list. */
function targetOf(item: unknown, list: readonly unknown[]): unknown {
  const { target } = Object(item);
  return list.filter((other) => Object(other).target === target).length === 1 ? target : undefined;
}
