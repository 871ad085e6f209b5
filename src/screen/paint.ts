import type { Terminal } from './terminal.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'dim' | 'bold';

const codes: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

export function paint({ colour }: Pick<Terminal, 'colour'>, style: Colour, text: string): string {
  if (!colour || text === '') return text;
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

const ascii: Readonly<Record<string, string>> = {
  '✔': '+',
  '✘': 'x',
  '…': '...',
  '·': '-',
  '→': '->',
  '≥': '>=',
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
};

/** Text for a terminal that may show ASCII only. */
export function degrade({ unicode }: Pick<Terminal, 'unicode'>, text: string): string {
  if (unicode) return text;
  return text.replace(/\P{ASCII}/gu, (character) => ascii[character] ?? '?');
}

export function spinner({ unicode }: Pick<Terminal, 'unicode'>, frame: number): string {
  const frames = unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\';
  return frames[frame % frames.length] ?? '';
}
