import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process with a watchdog that makes a file. */
function start(file: string, then: string) {
  const source = `
    import { Watchdog } from '${new URL('./watchdog.ts', import.meta.url)}';
    const watchdog = new Watchdog(['/bin/sh', '-c', 'sleep 0.05; : > ${file}'], () => undefined);
    ${then}
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', source];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('it acts when the session is killed', async () => {
  const file = join(folder, 'killed');
  const session = start(file, "console.log('up'); setInterval(() => undefined, 1_000);");
  await once(session.stdout, 'data');
  session.kill('SIGKILL');
  await expect.poll(() => existsSync(file), { timeout: 5_000 }).toBe(true);
});

test('it does nothing after a proper end', async () => {
  const file = join(folder, 'ended');
  const session = start(file, 'watchdog.done();');
  await once(session, 'exit');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(existsSync(file)).toBe(false);
});
