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
    ['kdev-run-orders', 'ddd'],
  ] as const) {
    mkdirSync(path.join(root, project));
    const places = [{ service: 'Orders', context: 'dev', namespace: 'shop' }];
    const state = { session, project, directory: `/home/ada/${project}`, places };
    writeFileSync(path.join(root, project, 'state.json'), JSON.stringify(state));
  }
  mkdirSync(path.join(root, 'empty'));
  expect(ownPlaceOf(root, 'bbb')).toEqual({
    project: 'blog',
    directory: '/home/ada/blog',
    run: undefined,
  });
  expect(ownPlaceOf(root, 'ddd')?.run).toBe('Orders');
  expect(ownPlaceOf(root, 'ccc')).toBeUndefined();
  expect(ownPlaceOf(path.join(root, 'nowhere'), 'aaa')).toBeUndefined();
});
