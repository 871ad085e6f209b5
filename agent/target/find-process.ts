import { readdirSync, readFileSync } from 'node:fs';
import { isInContainer } from './cgroup.ts';
import { type ProcessStat, readProcessStat } from './process-stat.ts';

/**
 * The main process of a container, as seen from the node's process namespace: of the processes in the container's cgroup whose
 * parent is outside of it, the oldest. (`kubectl exec` starts others of that kind, but later.) Undefined while there is none.
 */
export function findMainProcess(proc: string, containerId: string): ProcessStat | undefined {
  const processes = containerProcesses(proc, containerId);
  const inside = new Set(processes.map(({ pid }) => pid));
  return processes
    .filter(({ parent, dead }) => !dead && !inside.has(parent))
    .reduce<ProcessStat | undefined>(older, undefined);
}

function containerProcesses(proc: string, containerId: string): readonly ProcessStat[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => isInContainer(readCgroup(`${proc}/${name}/cgroup`), containerId))
    .map((name) => readProcessStat(proc, Number(name)))
    .filter((stat) => stat !== undefined);
}

function older(a: ProcessStat | undefined, b: ProcessStat): ProcessStat {
  if (a === undefined) return b;
  return a.startTime < b.startTime || (a.startTime === b.startTime && a.pid < b.pid) ? a : b;
}

/** A process may end between the listing and this. */
function readCgroup(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
