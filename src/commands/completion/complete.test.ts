import { expect, test } from 'vitest';
import { commandSections } from '../command-table.ts';
import { completionText } from './complete.ts';
import { parseCobra } from './docker-completion.ts';
import { whatToComplete } from './what-to-complete.ts';

/** The line, with the word to complete at its end. */
const wanted = (line: string) => whatToComplete(commandSections, line.split(' '));
const words = (line: string) => {
  const found = wanted(line);
  return found.what === 'words' ? found.words.map(({ word }) => word) : [];
};

test('commands, and commands of a command', () => {
  expect(words('')).toEqual(expect.arrayContaining(['compose', 'ls', 'doctor', 'completion']));
  expect(words('')).not.toContain('__session');
  expect(words('--quiet --progress plain ')).toContain('ls');
  expect(words('image ')).toEqual(['build', 'load', 'push']);
  expect(words('help ')).toContain('image');
  expect(words('nothing ')).toEqual([]);
});

test('options and their choices', () => {
  expect(words('-')).toEqual(expect.arrayContaining(['--quiet', '--progress', '--version']));
  expect(words('--progress ')).toEqual(['auto', 'tty', 'plain', 'json', 'quiet']);
  expect(words('ls --')).toEqual(expect.arrayContaining(['--context', '--output', '--debug']));
  expect(words('ls -o ')).toEqual(['table', 'wide', 'json', 'yaml']);
  expect(words('ls --output=')).toContain('--output=json');
  expect(words('config view --incoming ')).toEqual(['mirror', 'steal', 'off']);
  expect(words('image load --')).not.toContain('--image');
});

test.each([
  ['ls --context ', 'context', ''],
  ['ls -n ', 'namespace', ''],
  ['ls --namespace=s', 'namespace', '--namespace='],
  ['env ', 'service', ''],
  ['env --reveal -o json ', 'service', ''],
  ['explain orders ', 'what', ''],
  ['dump ', 'service|target', ''],
  ['config view --target ', 'target', ''],
  ['compose --context ', 'context', ''],
  ['compose up --incoming-ports ', 'ports', ''],
  ['env -f ', 'file', ''],
  ['env --project-directory ', 'folder', ''],
  ['completion ', 'shell', ''],
])('%j asks for names', (line, kind, prefix) => {
  expect(wanted(line)).toMatchObject({ what: 'names', kind, prefix });
});

test('a second service is none', () => {
  expect(wanted('env orders ')).toEqual({ what: 'words', words: [] });
});

test('what was typed narrows what is asked', () => {
  const found = wanted('ls --context kind-dev -f a.yaml --file=b.yaml -n ');
  expect(found.what === 'names' && [...found.given]).toEqual([
    ['--context', ['kind-dev']],
    ['--file', ['a.yaml', 'b.yaml']],
  ]);
});

test('Compose is asked for its commands', () => {
  expect(wanted('compose u')).toMatchObject({ what: 'docker', command: 'compose', words: ['u'] });
});

test('Docker is asked for its own words, without the flags of kdev', () => {
  expect(wanted('compose --context a -f b.yaml --incoming=off up --fail-fast --')).toMatchObject({
    what: 'docker',
    command: 'compose',
    words: ['-f', 'b.yaml', 'up', '--'],
  });
});

test('of kdev run too: what it has of docker run stays', () => {
  expect(wanted('run --target pod/a -n shop -v /a:/b --network ')).toMatchObject({
    what: 'docker',
    command: 'run',
    words: ['-v', '/a:/b', '--network', ''],
  });
});

test.each([
  [
    'up\tCreate\nps\tList\n:4\n',
    {
      candidates: [
        { word: 'up', about: 'Create' },
        { word: 'ps', about: 'List' },
      ],
    },
  ],
  ['yaml\nyml\n:8\n', { candidates: [], directive: 'files' }],
  [':16\n', { candidates: [], directive: 'folders' }],
  [':0\n', { candidates: [], directive: 'files' }],
  ['a=\n:6\n', { candidates: [{ word: 'a=' }], directive: 'nospace' }],
  [':1\n', { candidates: [] }],
  ['Usage: docker\n', { candidates: [] }],
])('what cobra says: %j', (text, found) => expect(parseCobra(text)).toEqual(found));

test('a line a candidate that fits', () => {
  const candidates = [{ word: 'ls', about: 'What\nis there' }, { word: 'logs' }, { word: 'env' }];
  expect(completionText({ candidates }, 'l')).toBe('ls\tWhat is there\nlogs\n');
  expect(completionText({ candidates: [], directive: 'files' }, '')).toBe(':files\n');
});
