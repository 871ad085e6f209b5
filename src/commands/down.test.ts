import { expect, test } from 'vitest';
import { stayingWords } from './down.ts';

const services = { api: {}, worker: { profiles: ['jobs'] } };

test('what stays after down is named, with the command that takes it too', () => {
  expect(stayingWords([], services)).toBeUndefined();
  expect(stayingWords([{ name: 'atlas-worker-1', service: 'worker' }], services)).toBe(
    'atlas-worker-1 stays, and the networks with it: kdev compose --profile jobs down takes all.',
  );
  expect(stayingWords([{ name: 'atlas-old-1', service: 'old' }], services)).toContain(
    'kdev compose down --remove-orphans',
  );
});
