import { expect, test, vi } from 'vitest';
import { type CommandForm, parseCommand } from './command-form.ts';

const form: CommandForm = {
  name: 'look',
  summary: 'Looks.',
  words: '[service]',
  options: [
    { flags: '-o, --output <format>', help: 'how', choices: ['table', 'json'], fallback: 'table' },
    { flags: '--reveal', help: 'shows' },
  ],
  examples: [['kdev look api', 'one']],
};

test('options, their defaults and words', () => {
  expect(parseCommand(form, ['api', '--reveal'])).toEqual({
    options: { output: 'table', reveal: true },
    words: ['api'],
  });
  expect(parseCommand(form, ['-o', 'json'])).toEqual({ options: { output: 'json' }, words: [] });
});

test.each([
  [['--reveel'], /kdev look: unknown option '--reveel', did you mean --reveal\?$/],
  [['-o', 'xml'], /argument 'xml' is invalid. Allowed choices are table, json/],
  [['-o'], /argument missing/],
  [['api', 'web'], /too many arguments/],
])('%s is refused', (args, fact) => {
  expect(() => parseCommand(form, args)).toThrow(
    expect.objectContaining({ code: 'KDEV2001', fact: expect.stringMatching(fact) }),
  );
});

test('help goes to stdout, with the examples', () => {
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  try {
    expect(parseCommand(form, ['--help'])).toBeUndefined();
  } finally {
    write.mockRestore();
  }
  const help = said.join('');
  for (const words of ['Usage: kdev look', 'Looks.', '--reveal', '  kdev look api   one']) {
    expect(help).toContain(words);
  }
});
