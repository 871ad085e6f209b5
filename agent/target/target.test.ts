import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { readProcessStat } from './process-stat.ts';
import { followTarget, isAlive, readEnvironment, type Target } from './target.ts';

async function startProcess(environment: Record<string, string>) {
  const child = spawn('sleep', ['60'], { env: environment, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const target: Target = {
    proc: '/proc',
    pid,
    startTime: readProcessStat('/proc', pid)?.startTime ?? 0,
  };
  return { child, target };
}

describe('a target', () => {
  it('gives its environment byte for byte', async () => {
    const { child, target } = await startProcess({ A: 'x=y\nz $ "', EMPTY: '' });
    expect(await readEnvironment(target)).toEqual(Buffer.from('A=x=y\nz $ "\0EMPTY=\0'));
    child.kill('SIGKILL');
  });

  it('is missed when it ends', async () => {
    const { child, target } = await startProcess({});
    const gone = new Promise<void>((resolve) => {
      followTarget(target, resolve);
    });
    expect(isAlive(target)).toBe(true);
    child.kill('SIGKILL');
    await gone;
    expect(isAlive(target)).toBe(false);
    await expect(readEnvironment(target)).rejects.toThrow();
  });

  it('is not its successor with the same number', async () => {
    const { child, target } = await startProcess({});
    expect(isAlive({ ...target, startTime: target.startTime - 1 })).toBe(false);
    child.kill('SIGKILL');
  });
});
