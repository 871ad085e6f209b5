import { expect, test } from 'vitest';
import { unknownServices } from './unknown-services.ts';

const unknown = (words: string) => {
  const [command, ...rest] = words.split(' ');
  return unknownServices({ command, rest }, ['api', 'web']);
};

test.each([
  ['up apii', ['apii']],
  ['up -d --build api weeb', ['weeb']],
  ['stop -t 1 apii', ['apii']],
  ['stop -t apii', []],
  ['stop --timeout=1 apii', ['apii']],
  ['scale apii=2 web=1', ['apii']],
  ['run --rm apii sh -c web', ['apii']],
  ['run --rm api sh', []],
  ['run -v /a:/b apii', []],
  ['up --some-new-flag value', []],
  ['up', []],
  ['logs apii', []],
])('kdev compose %s: unknown %j', (words, names) => {
  expect(unknown(words)).toEqual(names);
});
