import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { folderOf, joinSession } from './join-session.ts';

const project = 'shop';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
  vi.stubEnv('XDG_RUNTIME_DIR', root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** Starts this script in place of a session. */
function start(script: string) {
  return joinSession({ project, kdev: ['/bin/sh', '-c', script] });
}

function writeFormerLog(): void {
  const { path, log } = folderOf(project);
  mkdirSync(path, { recursive: true });
  writeFileSync(log, 'words of a former session\n');
}

test('a session that dies at its start is told in its own last words, not in those of a former one', async () => {
  writeFormerLog();
  await expect(start('echo dying >&2; exit 1')).rejects.toMatchObject({
    code: 'KDEV8001',
    fact: 'the session could not start: it ended before it was ready',
    evidence: 'dying',
  });
});

test('one that dies without a word is told so', async () => {
  writeFormerLog();
  await expect(start('exit 1')).rejects.toMatchObject({ evidence: 'it said nothing' });
});

test("a session's own error is told as it is", async () => {
  const error = { code: 'KDEV12001', fact: 'no engine', hints: [] };
  await expect(start(`echo '${JSON.stringify(error)}' >&3`)).rejects.toMatchObject(error);
});
