import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { ServiceVariables } from '../compose/list-variables.ts';
import { dotenvText, shellText, variablesData, variablesTable } from './env-text.ts';

const terminal = { moves: false, colour: false, unicode: true, columns: 200, rows: 24 };
const awkward: Readonly<Record<string, string>> = {
  BLANKS: '  a\tb  ',
  DOLLARS: '$HOME $(X) $$ $5',
  EMPTY: '',
  HASH: '# no comment',
  NEWLINES: 'first\nsecond\n\nlast\n',
  QUOTES: `it's "quoted" \`so\``,
  URL: 'https://ada:secret@db:5432/shop?x=1',
};
const found: ServiceVariables = {
  variables: Object.entries(awkward).map(([name, value]) => ({ name, value, from: 'pod' })),
  leftOut: [{ name: 'PATH', why: 'its image has its own' }],
};
const one = (name: string, value: string): ServiceVariables => ({
  variables: [{ name, value, from: 'override' }],
  leftOut: [],
});

test.each([
  ['table', variablesTable(found, { isRevealed: false, isWide: true, terminal })],
  ['json', JSON.stringify(variablesData(found, { isRevealed: false }))],
  ['dotenv', dotenvText(found, { isRevealed: false })],
  ['shell', shellText(found, { isRevealed: false })],
])('every value is masked in the form %s', (_, text) => {
  for (const [name, value] of Object.entries(awkward)) {
    expect(text).toContain(name);
    if (value !== '') expect(text).not.toContain(value);
  }
});

test('masked lines set nothing', () => {
  for (const text of [
    dotenvText(found, { isRevealed: false }),
    shellText(found, { isRevealed: false }),
  ]) {
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^# /);
  }
});

test('a table of values, and of what is left out', () => {
  const shown = { isRevealed: true, isWide: true, terminal };
  const two = { ...one('A', 'x\ny'), leftOut: found.leftOut };
  expect(variablesTable(two, shown)).toBe(
    [
      'NAME   VALUE    FROM',
      'A      "x\\ny"   override',
      'PATH   -        left out: its image has its own',
      '',
    ].join('\n'),
  );
});

test('a shell reads every value as it is', () => {
  const script = `${shellText(found, { isRevealed: true })}exec env -0`;
  const printed = execFileSync('sh', ['-c', script], { env: {}, encoding: 'utf8' }).split('\0');
  for (const [name, value] of Object.entries(awkward)) {
    expect(printed).toContain(`${name}=${value}`);
  }
  expect(shellText(one('a.b', 'x'), { isRevealed: true })).toBe(
    '# a.b: no name that a shell takes\n',
  );
});

test.each([
  ['A', 'plain/1', 'A=plain/1'],
  ['A', '$x', "A='$x'"],
  ['A', `it's`, `A="it's"`],
  ['A', `it's $x\n`, 'A="it\'s \\$x\\n"'],
  ['A', 'ends with \\', '# A: no env file can hold its value'],
])('%s=%s in an env file', (name, value, line) => {
  expect(dotenvText(one(name, value), { isRevealed: true })).toBe(`${line}\n`);
});
