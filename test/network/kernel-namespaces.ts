import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Commands } from './kernel-program.ts';

/** Two network namespaces with a cable between them; every name is of this process alone. */
export interface Cable {
  /** Where the service would be: default routes lead to `far`. */
  readonly near: string;
  readonly far: string;
}

export const NEAR4 = '10.201.7.1';
export const FAR4 = '10.201.7.2';
export const NEAR6 = 'fd00:201:7::1';
export const FAR6 = 'fd00:201:7::2';

/** What the sidecar's container has. */
export const SIDECAR = ['net_admin', 'net_raw'];
/** What the agent's container has. */
export const AGENT = ['net_admin', 'net_raw', 'sys_ptrace', 'sys_admin'];

const CALL_DEADLINE_MS = 30_000;
let made = 0;

export function layCable(): Cable {
  made += 1;
  const cable = { near: `kk${process.pid}n${made}`, far: `kk${process.pid}f${made}` };
  ip('netns', 'add', cable.near);
  ip('netns', 'add', cable.far);
  ip(
    'link',
    'add',
    'eth0',
    'netns',
    cable.near,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    cable.far,
  );
  plug(cable.near, [`${NEAR4}/24`, `${NEAR6}/64`]);
  plug(cable.far, [`${FAR4}/24`, `${FAR6}/64`]);
  for (const namespace of [cable.near, cable.far]) awaitCarrier(namespace);
  ip('-n', cable.near, 'route', 'add', 'default', 'via', FAR4);
  ip('-n', cable.near, '-6', 'route', 'add', 'default', 'via', FAR6);
  return cable;
}

export function removeCable(cable: Cable): void {
  for (const name of [cable.near, cable.far]) ip('netns', 'delete', name);
}

function plug(namespace: string, addresses: string[]): void {
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  for (const address of addresses) {
    const nodad = address.includes(':') ? ['nodad'] : [];
    ip('-n', namespace, 'address', 'add', address, 'dev', 'eth0', ...nodad);
  }
  ip('-n', namespace, 'link', 'set', 'eth0', 'up');
}

/** The kernel notices a carrier a little later; until then Node does not list the interface. */
function awaitCarrier(namespace: string): void {
  const deadline = Date.now() + 5000;
  while (!ip('-n', namespace, 'link', 'show', 'eth0').includes('state UP')) {
    if (Date.now() > deadline) throw new Error(`eth0 of ${namespace} has no carrier`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

/** What nft lists in a namespace. */
export function tables(namespace: string): string {
  return execFileSync('ip', ['netns', 'exec', namespace, 'nft', 'list', 'tables'], {
    encoding: 'utf8',
  });
}

/** A process in a network namespace that runs the kernel room's functions on request, with the given capabilities and no others. */
export class Program {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(namespace: string, capabilities: readonly string[]) {
    const program = path.join(import.meta.dirname, 'kernel-program.ts');
    const bounding = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
    const confined = ['setpriv', '--bounding-set', bounding, '--inh-caps', '-all'];
    const node = [process.execPath, '--import', 'tsx', program];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...confined, ...node], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.setMaxListeners(0);
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.call)?.(answer));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  call<N extends keyof Commands>(
    command: N,
    argument: Parameters<Commands[N]>[0],
  ): Promise<Awaited<ReturnType<Commands[N]>>> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      const late = (): void =>
        finish({ call, error: { message: `${command}: no answer`, code: '' } });
      const timer = setTimeout(late, CALL_DEADLINE_MS);
      const gone = (): void => finish({ call, error: { message: `${command}: ended`, code: '' } });
      const finish = (answer: Answer): void => {
        clearTimeout(timer);
        this.#child.off('exit', gone);
        this.#waiting.delete(call);
        if (answer.error) reject(Object.assign(new Error(answer.error.message), answer.error));
        else resolve(answer.value as Awaited<ReturnType<Commands[N]>>);
      };
      this.#waiting.set(call, finish);
      this.#child.once('exit', gone);
      this.#child.send({ call, command, argument });
    });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code: string };
}
