import { expect, test } from 'vitest';
import { openCommandLine } from './open-command-line.ts';

const open = async (line: string, env = {}) =>
  (await openCommandLine(line.split(' '), env)).options;

test.each([
  ['ls', { isDebug: false }],
  ['ls -q', { isDebug: false, progress: 'quiet' }],
  ['--quiet ls', { isDebug: false, progress: 'quiet' }],
  ['ls --progress json -n a --debug', { isDebug: true, progress: 'json' }],
  ['--progress=plain compose up', { isDebug: false, progress: 'plain' }],
  ['compose up --debug', { isDebug: true }],
  ['compose --progress plain up -q', { isDebug: false }],
  ['compose run api tool --debug', { isDebug: false }],
  ['ls -- --debug', { isDebug: false }],
])('%s', async (line, options) => {
  expect(await open(line)).toEqual(options);
});

test('a flag goes before a variable', async () => {
  const env = { KDEV_PROGRESS: 'json', KDEV_DEBUG: '1' };
  expect(await open('ls', env)).toEqual({ isDebug: true, progress: 'json' });
  expect(await open('ls --progress tty', env)).toEqual({ isDebug: true, progress: 'tty' });
  expect(await open('ls', { KDEV_PROGRESS: '', KDEV_DEBUG: '0' })).toEqual({ isDebug: false });
});

test.each([
  ['lss', 'kdev has no command lss, did you mean ls?'],
  ['up -d', 'kdev has no command up, did you mean kdev compose up?'],
  ['ps', 'kdev has no command ps, did you mean kdev compose ps?'],
  ['--queit ls', 'kdev has no option --queit, did you mean --quiet?'],
  ['ls --progress plian', '--progress is "plian": expected one of .*, did you mean plain?'],
  ['ls --progress', '--progress needs a value'],
  ['__sesion', 'kdev has no command __sesion'],
])('%s is refused', async (line, fact) => {
  await expect(open(line)).rejects.toThrow(new RegExp(fact));
});
