import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ownPlaceOf } from './own-sessions.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'kdev-own-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a session of this machine is found by what it wrote down of itself', () => {
  for (const [project, session] of [
    ['shop', 'aaa'],
    ['blog', 'bbb'],
  ] as const) {
    mkdirSync(path.join(root, project));
    const state = { session, project, directory: `/home/ada/${project}` };
    writeFileSync(path.join(root, project, 'state.json'), JSON.stringify(state));
  }
  mkdirSync(path.join(root, 'empty'));
  expect(ownPlaceOf(root, 'bbb')).toMatchObject({ project: 'blog', directory: '/home/ada/blog' });
  expect(ownPlaceOf(root, 'ccc')).toBeUndefined();
  expect(ownPlaceOf(path.join(root, 'nowhere'), 'aaa')).toBeUndefined();
});
