import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMainProcess } from './find-process.ts';

const id = 'c5'.repeat(32);
let proc: string;

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'kdev-proc-'));
});
afterEach(() => rmSync(proc, { recursive: true }));

function addProcess(
  pid: number,
  at: { parent: number; start: number; container?: string; state?: string },
): void {
  mkdirSync(join(proc, String(pid)));
  writeFileSync(join(proc, String(pid), 'cgroup'), `0::/kubepods/pod1/${at.container ?? id}\n`);
  const fields = `${at.state ?? 'S'} ${at.parent} 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${at.start} 0`;
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (app) ${fields}`);
}

describe('findMainProcess', () => {
  it('takes the oldest process whose parent is outside of the container', () => {
    addProcess(900, { parent: 1, start: 10, container: 'd6'.repeat(32) }); // the runtime's shim
    addProcess(77, { parent: 900, start: 500 }); // kubectl exec
    addProcess(950, { parent: 900, start: 100 });
    addProcess(951, { parent: 950, start: 101 });
    expect(findMainProcess(proc, id)?.pid).toBe(950);
  });

  it('passes over zombies and processes that end while it looks', () => {
    addProcess(950, { parent: 900, start: 100, state: 'Z' });
    mkdirSync(join(proc, '951'));
    expect(findMainProcess(proc, id)).toBeUndefined();
  });
});
