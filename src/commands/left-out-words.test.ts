import { expect, test } from 'vitest';
import { leftOutWords } from './left-out-words.ts';

test('each variable that is left out is named with its reason', () => {
  const refused = [
    { name: 'A', why: 'it is longer than 128 KiB' },
    { name: 'B', why: 'its name is not plain ASCII text' },
  ];
  const environment = { values: new Map(), unset: [], fromPod: 0, refused };
  expect(leftOutWords([{ service: 'api', environment }])).toEqual([
    "api: the pod's variable A is left out: it is longer than 128 KiB (x-kdev.env.exclude silences this)",
    "api: the pod's variable B is left out: its name is not plain ASCII text (x-kdev.env.exclude silences this)",
  ]);
});
