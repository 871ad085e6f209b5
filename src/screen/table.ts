import { degrade, paint } from './paint.ts';
import type { Terminal } from './terminal.ts';
import { foldText, padText, textWidth } from './text-width.ts';

const between = '   ';
/** A longer word may be broken to make room. */
const longestWhole = 20;

/**
 * Rows under upper-case headings, aligned. Where they are wider than the terminal, cells go on in their column below, the
 * last column's first; where that does not help, each row has a paragraph of its own.
 */
export function tableText(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const heads = headings.map((heading) => heading.toUpperCase());
  const all = [heads, ...rows];
  const columns = heads.map((_, column) => all.map((row) => row[column] ?? ''));
  const widths = columnWidths(columns, terminal.columns - between.length * (heads.length - 1));
  if (!widths) return degrade(terminal, paragraphs(heads, rows, terminal));
  const [head = [], ...body] = all.map((row) => rowLines(row, widths));
  return degrade(
    terminal,
    [...head.map((line) => paint(terminal, 'dim', line)), ...body.flat()].join('\n'),
  );
}

/** The width of each column; undefined where they cannot stand side by side. */
function columnWidths(columns: readonly (readonly string[])[], room: number): number[] | undefined {
  const widths = columns.map((cells) => Math.max(...cells.map(textWidth)));
  const leasts = columns.map((cells) => Math.min(longestWhole, longestWord(cells)));
  const spare = (column: number) => (widths[column] ?? 0) - (leasts[column] ?? 0);
  const last = widths.length - 1;
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = Math.max(...widths.filter((_, column) => spare(column) > 0));
    const isWidest = (width: number, column: number) => width === widest && spare(column) > 0;
    const column = spare(last) > 0 ? last : widths.findIndex(isWidest);
    if (column < 0) return undefined;
    widths[column] = (widths[column] ?? 0) - 1;
  }
  return widths;
}

function longestWord(cells: readonly string[]): number {
  return Math.max(...cells.flatMap((cell) => cell.split(' ').map(textWidth)));
}

function rowLines(row: readonly string[], widths: readonly number[]): string[] {
  const cells = widths.map((width, column) => foldText(row[column] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    widths
      .map((width, column) => padText(cells[column]?.[at] ?? '', width))
      .join(between)
      .trimEnd(),
  );
}

/** `HEADING   cell`, a line a cell. */
function paragraphs(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const headColumns = Math.max(...heads.map(textWidth));
  const widths = [headColumns, terminal.columns - headColumns - between.length];
  const paragraph = (row: readonly string[]) =>
    heads.flatMap((head, column) => rowLines([head, row[column] ?? ''], widths)).join('\n');
  return rows.map(paragraph).join('\n\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
