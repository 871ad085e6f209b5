import { readdirSync, readFileSync } from 'node:fs';
import { run } from '../run/shell.ts';

/** Processes of this machine that run in a container, Docker's or the cluster's. */
export function processesOf(containerId: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cgroup`, 'latin1').includes(containerId);
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number);
}

/** The names of nftables' tables in the network namespace of a container. */
export async function tablesOf(containerId: string): Promise<string[]> {
  const [pid] = processesOf(containerId);
  const list = await run('nsenter', ['--net', '--target', String(pid), 'nft', 'list', 'tables']);
  return list.split('\n').filter((line) => line !== '');
}
