import { setTimeout as delay } from 'node:timers/promises';
import { readTerminal, type Terminal } from '../screen/terminal.ts';
import { textWidth } from '../screen/text-width.ts';

const everyMs = 2_000;
const home = '\u001b[H';
/** All rows below the first, then the first: erased at once, a look would go into the scrollback of tmux. */
const erase = `${home}\u001b[B\u001b[J${home}\u001b[K`;

/**
 * Looks again and again until Ctrl-C, or until nobody reads. A terminal shows the last look in place; elsewhere one
 * follows the other, documents of YAML with their separator.
 */
export async function watch(look: () => Promise<string>, format: string): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
  process.stdout.once('error', end);
  const { signal } = stop;
  let isFirst = true;
  while (!signal.aborted) {
    const text = await look();
    if (signal.aborted) return;
    const terminal = readTerminal(process.stdout, process.env);
    process.stdout.write(frame(text, { terminal, isFirst, format }));
    isFirst = false;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Shown {
  readonly terminal: Pick<Terminal, 'moves' | 'rows' | 'columns'>;
  readonly isFirst: boolean;
  readonly format: string;
}

/** One look. What does not fit on the screen is cut at its end: a screen that scrolls cannot be drawn over. */
export function frame(text: string, { terminal, isFirst, format }: Shown): string {
  if (!terminal.moves) {
    if (format === 'yaml') return `---\n${text}`;
    return isFirst || format === 'json' ? text : `\n${text}`;
  }
  const lines = text.trimEnd().split('\n');
  // The last row stays free for the cursor, and the one above for the mark where something is missing.
  const fitting = countFitting(lines, terminal.columns, terminal.rows - 2);
  const shown = fitting < lines.length ? [...lines.slice(0, fitting), '…'] : lines;
  // What stood there before goes up, out of the way.
  const before = isFirst ? '\n'.repeat(terminal.rows - 1) : '';
  return `${before}${erase}${shown.join('\n')}\n`;
}

/** How many lines fit into so many rows: the terminal breaks those that are longer than a row. */
function countFitting(lines: readonly string[], columns: number, rows: number): number {
  let used = 0;
  const over = lines.findIndex((line) => {
    used += Math.max(1, Math.ceil(textWidth(line) / columns));
    return used > rows;
  });
  return over < 0 ? lines.length : over;
}
