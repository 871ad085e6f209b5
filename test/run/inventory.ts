import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { outputOf } from './shell.ts';

/** What a run could leave behind: one line each, its kind first. */
export type Inventory = ReadonlySet<string>;

/** The variable by which a run's processes are known, however far they have moved from it. */
export const runVariable = 'KDEV_TEST_RUN';

const namespaces = '/run/netns';
const settleMs = 15_000;
// These come and go with containers and network namespaces, which are counted by themselves.
const countedOtherwise = /\/overlay2\/|\/docker\/(netns|containers)\/|^\/run\/netns\//;

/** What is there now: containers, networks, volumes, network namespaces, mounts, and this run's processes. */
export async function takeInventory(runId: string): Promise<Inventory> {
  const lists = await Promise.all([
    docker('container', ['ps', '--all', '--format', '{{.Names}} ({{.Image}})']),
    docker('network', ['network', 'ls', '--format', '{{.Name}}']),
    docker('volume', ['volume', 'ls', '--format', '{{.Name}}']),
    names('network namespace', namespaces),
    mounts(),
    processes(runId),
  ]);
  return new Set(lists.flat());
}

/** What has come since `before` and stays. What is just ending gets a few seconds for it. */
export async function findLeftovers(before: Inventory, runId: string): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    const now = await takeInventory(runId);
    const left = [...now].filter((line) => !before.has(line)).sort();
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(500);
  }
}

/** The first `ip netns add` since the machine's start leaves a mount: it goes if it came with this run and is empty. */
export async function unmountNamespaces(before: Inventory): Promise<void> {
  if (before.has(`mount ${namespaces}`)) return;
  const used = await readdir(namespaces).catch(() => undefined);
  if (used?.length === 0) await outputOf('umount', [namespaces]);
}

async function docker(kind: string, args: readonly string[]): Promise<string[]> {
  return lines((await outputOf('docker', args)) ?? '').map((line) => `${kind} ${line}`);
}

async function names(kind: string, folder: string): Promise<string[]> {
  const found = await readdir(folder).catch((): string[] => []);
  return found.map((name) => `${kind} ${name}`);
}

async function mounts(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = lines(table).map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => !countedOtherwise.test(point)).map((point) => `mount ${point}`);
}

async function processes(runId: string): Promise<string[]> {
  const marked: string[] = [];
  for (const pid of await readdir('/proc').catch((): string[] => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(`${runVariable}=${runId}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    marked.push(`process ${pid} ${command.replaceAll('\0', ' ').trim().slice(0, 120)}`);
  }
  return marked;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
