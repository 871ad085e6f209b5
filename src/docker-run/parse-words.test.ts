import { expect, test } from 'vitest';
import { type OptionShape, parseWords } from './parse-words.ts';

const options: readonly OptionShape[] = [
  { name: 'interactive', short: 'i', takes: 'switch' },
  { name: 'tty', short: 't', takes: 'switch' },
  { name: 'publish', short: 'p', takes: 'value' },
  { name: 'memory', short: 'm', takes: 'value' },
];
const parse = (...words: string[]) => {
  const { given, words: rest } = parseWords(words, { command: 'run', options });
  return [Object.fromEntries(given), rest];
};

test.each<[words: string[], given: object, rest: string[]]>([
  [['image'], {}, ['image']],
  [['-it', 'image', '-t'], { interactive: ['true'], tty: ['true'] }, ['image', '-t']],
  [
    ['-itp', '80:80', 'image'],
    { interactive: ['true'], tty: ['true'], publish: ['80:80'] },
    ['image'],
  ],
  [['-p80:80', '-p=81', 'image'], { publish: ['80:80', '81'] }, ['image']],
  [['--publish=a=b', '--publish', 'c', 'image'], { publish: ['a=b', 'c'] }, ['image']],
  [['--tty=false', '-i=0', 'image'], { tty: ['false'], interactive: ['false'] }, ['image']],
  [['--publish=', '--memory', '-1', 'image'], { publish: [''], memory: ['-1'] }, ['image']],
  [['-i', '--', '-image', 'x'], { interactive: ['true'] }, ['-image', 'x']],
])('%j', (words, given, rest) => {
  expect(parse(...words)).toEqual([given, rest]);
});

test.each([
  [['--memry', '1m'], /--memry is an option of neither docker run nor kdev, did you mean --memory/],
  [['-x'], /-x is an option of neither/],
  [['-ix'], /-x is an option of neither/],
  [['--publish'], /--publish needs a value/],
  [['--tty=maybe'], /--tty is true or false, not maybe/],
])('%j is refused', (words, words2) => {
  expect(() => parse(...words)).toThrow(words2);
});
