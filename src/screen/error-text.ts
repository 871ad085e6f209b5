import type { KdevError } from '../errors/kdev-error.ts';
import { degrade, paint } from './paint.ts';
import type { Terminal } from './terminal.ts';
import { padText, textWidth, wrapText } from './text-width.ts';

type Shown = Pick<KdevError, 'code' | 'fact' | 'evidence' | 'hints'> &
  Partial<Pick<KdevError, 'outcome'>>;
type Hint = Shown['hints'][number];

const whoCan = { you: 'you can', admin: 'an admin', kdev: 'kdev' } as const;
const labelColumns = 11;
const indent = '  ';
const gap = '     ';

/** An error for a person: the fact, its evidence, what each party can do, and what is as it was. */
export function errorText(error: Shown, terminal: Terminal): string {
  const columns = terminal.columns - indent.length;
  const evidence = (error.evidence ?? '').trim();
  const blocks = [
    [
      ...factLines(error, terminal),
      ...(evidence === '' ? [] : wrapText(evidence, columns).map((line) => indent + line)),
    ],
    [
      ...hintLines(error.hints, terminal),
      ...wrapText(error.outcome ?? '', columns).flatMap((line) => (line ? [indent + line] : [])),
    ],
  ];
  const text = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return degrade(terminal, text.join('\n\n'));
}

function factLines({ code, fact }: Shown, terminal: Terminal): string[] {
  const [first = '', ...rest] = wrapText(`error[${code}] ${fact}`, terminal.columns);
  const painted = first.replace(/^error\[\w+\]/, (label) => paint(terminal, 'red', label));
  return [painted, ...rest.map((line) => indent + line)];
}

/** What each party can do, a line or more each. */
export function hintLines(hints: readonly Hint[], terminal: Terminal): string[] {
  const order = ['you', 'admin', 'kdev'] as const;
  const columns = terminal.columns - indent.length - labelColumns;
  return order.flatMap((who) =>
    hints
      .filter((hint) => hint.who === who)
      .flatMap((hint, index) =>
        adviceLines(hint, terminal, columns).map(
          (line, at) =>
            indent + padText(index === 0 && at === 0 ? whoCan[who] : '', labelColumns) + line,
        ),
      ),
  );
}

/** A command stays whole, so that it can be copied; its text stands beside it where there is room, else below. */
function adviceLines({ command, text }: Hint, terminal: Terminal, columns: number): string[] {
  if (command === undefined) return wrapText(text, columns);
  const shown = paint(terminal, 'bold', command);
  const room = columns - textWidth(command) - gap.length;
  if (textWidth(text) <= room) return [shown + gap + text];
  return [shown, ...wrapText(text, columns - indent.length).map((line) => indent + line)];
}
