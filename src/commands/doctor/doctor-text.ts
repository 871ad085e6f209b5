import { hintLines } from '../../screen/error-text.ts';
import { degrade, paint } from '../../screen/paint.ts';
import type { Terminal } from '../../screen/terminal.ts';
import { wrapText } from '../../screen/text-width.ts';
import type { Format } from '../results.ts';
import type { Check } from './check.ts';

const marks = { ok: '✔', warning: '!', failed: '✘', skipped: '·' } as const;
const colours = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** Every check under its area, with its fix where it needs one, and one sentence at the end. */
export function doctorText(checks: readonly Check[], terminal: Terminal): string {
  const areas = [...new Set(checks.map(({ area }) => area))];
  const width = Math.max(...checks.map(({ name }) => name.length));
  const blocks = areas.map((area) => {
    const own = checks.filter((one) => one.area === area);
    return [area, ...own.flatMap((one) => checkLines(one, width, terminal))].join('\n');
  });
  return degrade(terminal, `${[...blocks, closing(checks)].join('\n\n')}\n`);
}

/** A row a check; the wide form adds what to do. */
export function doctorRows(checks: readonly Check[], format: Format) {
  const isWide = format === 'wide';
  return {
    headings: ['area', 'check', 'state', 'code', 'words', ...(isWide ? ['evidence', 'fix'] : [])],
    rows: checks.map(({ area, name, state, words, hints, error }) => [
      ...[area, name, state, error?.code ?? '-', words],
      ...(isWide ? [oneLine(error?.evidence), oneLine(hints.map(hintWords).join('; '))] : []),
    ]),
  };
}

function hintWords({ command, text }: Check['hints'][number]): string {
  return command ?? text;
}

function oneLine(text = ''): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' · ') || '-';
}

function checkLines(
  { name, state, words, hints, error }: Check,
  width: number,
  terminal: Terminal,
): string[] {
  const mark = paint(terminal, colours[state], marks[state]);
  const indent = ' '.repeat(width + 7);
  const code = error ? `[${error.code}] ` : '';
  const columns = terminal.columns - indent.length;
  const [first = '', ...rest] = wrapText(`${code}${words}`, columns);
  const evidence = error?.evidence ? wrapText(error.evidence.trim(), columns) : [];
  return [
    `  ${mark} ${name.padEnd(width)}   ${first}`,
    ...[...rest, ...evidence].map((line) => indent + line),
    ...hintLines(hints, { ...terminal, columns }).map((line) => indent + line.slice(2)),
  ];
}

function closing(checks: readonly Check[]): string {
  const count = (state: Check['state']) => checks.filter((one) => one.state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  if (failed > 0) {
    const rest = failed > 1 ? ' Begin with the first: others may hang on it.' : '';
    return `${failed} of ${checks.length} checks failed.${rest}`;
  }
  const things = warnings === 1 ? '1 thing is' : `${warnings} things are`;
  const look = warnings > 0 ? `; ${things} worth a look` : '';
  const hasFile = !checks.some(({ name, state }) => name === 'compose file' && state === 'skipped');
  return hasFile
    ? `Nothing stands in the way of kdev compose up${look}.`
    : `Machine and cluster are ready${look}. There is no compose file here.`;
}
