import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import { inRunsWords } from './in-runs-words.ts';

test('hints name the commands that know a container of kdev run', async () => {
  const error = kdevError('SESSION_UNINTELLIGIBLE', {
    fact: 'another version',
    evidence: 'words',
    hints: [
      { who: 'you', text: 'ends it', command: 'kdev compose down' },
      { who: 'you', text: 'starts anew', command: 'kdev compose up -d' },
      { who: 'you', text: 'tells why', command: 'kdev logs --session' },
      { who: 'kdev', text: 'a bug' },
    ],
  });
  const told = inRunsWords('orders', () => Promise.reject(error));
  await expect(told).rejects.toMatchObject({
    code: error.code,
    fact: 'another version',
    evidence: 'words',
    hints: [
      { command: 'kdev stop orders' },
      { command: 'kdev run --name orders …' },
      { command: 'kdev logs --session' },
      { text: 'a bug' },
    ],
    cause: error,
  });
});

test('what is no error for a person stays what it is', async () => {
  const bug = new TypeError('oops');
  await expect(inRunsWords('orders', () => Promise.reject(bug))).rejects.toBe(bug);
  await expect(inRunsWords('orders', () => Promise.resolve(7))).resolves.toBe(7);
});
