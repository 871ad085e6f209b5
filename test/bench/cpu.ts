import { readdir, readFile } from 'node:fs/promises';

const TICKS_A_SECOND = 100;

/** Names a process of interest by its command line, or says that it is none. */
export type NameProcess = (commandLine: string, executable: string) => string | undefined;

/** CPU milliseconds that named processes used while `work` ran, by name. Processes that came or went meanwhile count too. */
export async function cpuOf(
  name: NameProcess,
  work: () => Promise<unknown>,
): Promise<Map<string, number>> {
  const before = await snapshot(name);
  await work();
  const after = await snapshot(name);
  const used = new Map<string, number>();
  for (const [pid, { label, ticks }] of after) {
    const spent = ticks - (before.get(pid)?.ticks ?? 0);
    used.set(label, (used.get(label) ?? 0) + (spent * 1000) / TICKS_A_SECOND);
  }
  return used;
}

/** Resident bytes of named processes, by name: the largest where several share one. */
export async function residentBytesOf(name: NameProcess): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { label, resident } of (await snapshot(name)).values()) {
    sizes.set(label, Math.max(sizes.get(label) ?? 0, resident));
  }
  return sizes;
}

async function snapshot(name: NameProcess) {
  const found = new Map<string, { label: string; ticks: number; resident: number }>();
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const [command, stat] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, 'utf8'),
        readFile(`/proc/${pid}/stat`, 'utf8'),
      ]);
      const executable = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const label = name(command.replaceAll('\0', ' '), executable);
      if (label === undefined) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = Number(fields[11]) + Number(fields[12]);
      found.set(pid, { label, ticks, resident: Number(fields[21]) * 4096 });
    } catch {
      // it ended between the list and the look
    }
  }
  return found;
}
