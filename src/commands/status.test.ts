import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { aftermathOf } from '../session/aftermath.ts';
import { timeWords } from './log-line.ts';
import { status } from './status.ts';

const runtime = mkdtempSync(path.join(os.tmpdir(), 'kdev-status-'));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(runtime, { recursive: true });
});

test('a session that died is told with what was removed, and stays to be told', async () => {
  const folder = path.join(runtime, 'kdev', 'shop');
  mkdirSync(folder, { recursive: true });
  const aftermath = aftermathOf('shop', {
    containers: ['shop-orders-1'],
    failures: ['Docker: no'],
  });
  writeFileSync(path.join(folder, 'aftermath.json'), JSON.stringify(aftermath));
  vi.stubEnv('XDG_RUNTIME_DIR', runtime);
  vi.stubEnv('DOCKER_HOST', `unix://${runtime}/nothing.sock`);
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  for (const words of [[], [], ['-o', 'json']]) await status(words);
  const at = timeWords(new Date(aftermath.at), new Date());
  const text = [
    'No session runs. kdev compose up -d starts one.',
    '',
    `The former session of shop had died (${at}); removed: 1 container.`,
    '  could not be removed: Docker: no',
    'kdev logs --session says why',
    '',
  ].join('\n');
  expect(written.slice(0, 2)).toEqual([text, text]);
  expect(JSON.parse(written[2] ?? '')).toMatchObject({ sessions: [], died: [aftermath] });
});
