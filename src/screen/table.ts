import { degrade, paint } from './paint.ts';
import type { Terminal } from './terminal.ts';
import { cutText, padText, textWidth } from './text-width.ts';

const between = '   ';

/** Rows under upper-case headings, aligned; where they do not fit, the widest column is cut. */
export function tableText(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const all = [headings.map((heading) => heading.toUpperCase()), ...rows];
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => textWidth(row[column] ?? ''))),
  );
  narrow(widths, terminal.columns - between.length * (headings.length - 1));
  const lines = all.map((row) =>
    widths
      .map((width, column) => padText(cutText(row[column] ?? '', width), width))
      .join(between)
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return degrade(terminal, [paint(terminal, 'dim', head), ...body].join('\n'));
}

function narrow(widths: number[], columns: number): void {
  const least = 8;
  for (let over = sum(widths) - columns; over > 0; over = sum(widths) - columns) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= least) return;
    widths[widest] = Math.max(least, width - over);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
