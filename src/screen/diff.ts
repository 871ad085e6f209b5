/** Lines around a change that show where it is. */
const around = 3;

/** Comparing every line with every other is bounded; beyond it, all between the first and the last change is one. */
const mostComparisons = 4_000_000;

/** What changes between two texts, in the form of `diff -u`; empty where nothing does. */
export function diff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const lines = edit(linesOf(before), linesOf(after));
  return [`--- ${path}`, `+++ ${path}`, ...pieces(lines).flatMap(pieceText), ''].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** A line with what becomes of it, and how many lines of either text stand before it. */
interface Edited {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
  readonly old: number;
  readonly now: number;
}

function edit(old: readonly string[], now: readonly string[]): Edited[] {
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const [from, to] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  const marked = [
    ...old.slice(0, head).map((text) => ({ mark: ' ' as const, text })),
    ...(from.length * to.length > mostComparisons ? replace(from, to) : compare(from, to)),
    ...old.slice(old.length - tail).map((text) => ({ mark: ' ' as const, text })),
  ];
  let [atOld, atNow] = [0, 0];
  return marked.map(({ mark, text }) => {
    const line = { mark, text, old: atOld, now: atNow };
    if (mark !== '+') atOld += 1;
    if (mark !== '-') atNow += 1;
    return line;
  });
}

type Marked = Pick<Edited, 'mark' | 'text'>;

function replace(from: readonly string[], to: readonly string[]): Marked[] {
  return [
    ...from.map((text) => ({ mark: '-' as const, text })),
    ...to.map((text) => ({ mark: '+' as const, text })),
  ];
}

/** Keeps as many lines as can be kept. */
function compare(from: readonly string[], to: readonly string[]): Marked[] {
  const kept = keptLines(from, to);
  const at = (row: number, column: number) => kept[row * (to.length + 1) + column] ?? 0;
  const marked: Marked[] = [];
  let [row, column] = [0, 0];
  while (row < from.length && column < to.length) {
    const [old = '', now = ''] = [from[row], to[column]];
    if (old === now) {
      marked.push({ mark: ' ', text: old });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      marked.push({ mark: '-', text: old });
      row += 1;
    } else {
      marked.push({ mark: '+', text: now });
      column += 1;
    }
  }
  return [...marked, ...replace(from.slice(row), to.slice(column))];
}

/** A table: how many lines can be kept of what follows each pair of places. */
function keptLines(from: readonly string[], to: readonly string[]): Uint32Array {
  const width = to.length + 1;
  const kept = new Uint32Array((from.length + 1) * width);
  for (let row = from.length - 1; row >= 0; row -= 1) {
    for (let column = to.length - 1; column >= 0; column -= 1) {
      const [right = 0, below = 0] = [
        kept[row * width + column + 1],
        kept[(row + 1) * width + column],
      ];
      const both = from[row] === to[column] ? (kept[(row + 1) * width + column + 1] ?? 0) + 1 : 0;
      kept[row * width + column] = Math.max(right, below, both);
    }
  }
  return kept;
}

/** The changes with what is around them; those that are near each other together. */
function pieces(lines: readonly Edited[]): (readonly Edited[])[] {
  const found: { from: number; to: number }[] = [];
  for (const [index, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const last = found.at(-1);
    if (last && index - around <= last.to) last.to = index + around + 1;
    else found.push({ from: Math.max(0, index - around), to: index + around + 1 });
  }
  return found.map(({ from, to }) => lines.slice(from, to));
}

function pieceText(piece: readonly Edited[]): string[] {
  const [first] = piece;
  const count = (other: Edited['mark']) => piece.filter(({ mark }) => mark !== other).length;
  return [
    `@@ -${span(first?.old ?? 0, count('+'))} +${span(first?.now ?? 0, count('-'))} @@`,
    ...piece.map(({ mark, text }) => mark + text),
  ];
}

/** Lines are counted from 1, and a piece without lines stands behind the one before. */
function span(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`;
}
