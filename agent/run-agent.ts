import { enterNetworkNamespace } from '../src/kernel/namespaces.ts';
import { errnoError } from '../src/protocol/errno.ts';
import type { Journal } from '../src/runtime/journal.ts';
import { Agent } from './agent.ts';
import { Door } from './link/door.ts';
import type { AgentSettings } from './read-config.ts';
import { findTarget, followTarget } from './target/target.ts';

const PROC = '/proc';

/**
 * The agent's life. Resolves when nobody wants it any more: no link for its linger time, the session's `agent.leave`, the signal. Rejects
 * when it cannot go on: no target or the target's end (ESRCH), what the kernel refuses. In each case the target has its traffic back
 * before anything else ends; where the process is killed, the kernel sees to that.
 */
export async function runAgent(
  settings: AgentSettings,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const { config, podAddress, key } = settings;
  const target = await findTarget(PROC, config.target.containerId, signal);
  const door = await Door.open({
    port: config.tunnelPort,
    podAddress,
    key,
    onPipe: (pipe, role) => agent.acceptors[role].accept(pipe),
    onRefused: (why) => journal.problem('door', why),
  });
  // Sockets made until here stay in the agent's own namespace, all later ones are in the target's.
  enterNetworkNamespace(target.pid);
  const ending = new Ending();
  const agent = new Agent({
    settings,
    target,
    journal,
    onUnwanted: (why) => ending.resolve(why),
  });
  const unfollow = followTarget(target, () => {
    ending.reject(errnoError('ESRCH', "the target's process has ended"));
  });
  signal.addEventListener('abort', () => ending.resolve('told to stop'), { once: true });
  journal.note('ready', { pid: target.pid, port: config.tunnelPort, ...config.target });
  try {
    journal.note('leaving', { why: await ending.promise });
    await agent.drain();
  } finally {
    unfollow();
    door.close();
    await agent.close(await ending.reason);
  }
}

/** Why the agent ends, whichever comes first. */
class Ending {
  readonly promise: Promise<string>;
  resolve: (why: string) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get reason(): Promise<string> {
    return this.promise.catch((error: Error) => error.message);
  }
}
