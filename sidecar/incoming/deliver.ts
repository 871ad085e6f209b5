import net from 'node:net';
import os from 'node:os';
import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { connectFrom } from '../../src/kernel/sockets.ts';
import type { PortPair } from '../../src/protocol/launch.ts';
import type { StreamInfo } from '../../src/protocol/messages.ts';
import { abort, feed, join } from '../../src/relay/join.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { MARKS } from '../network-plan.ts';
import type { Tally } from '../status/tally.ts';

const CONNECT_MS = 5_000;
const PORT_IS_TAKEN: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

export type IncomingInfo = Extract<StreamInfo, { kind: 'incoming.tcp' }>;

export interface DeliverOptions {
  readonly pairs: readonly PortPair[];
  readonly tally: Tally['incoming'];
  readonly journal: Pick<Journal, 'problem'>;
}

/**
 * Hands a connection that reached the target to the service, which sees the client's own address and port. Until the
 * service has taken it nothing is accepted, so that the agent can still pass the connection to the target.
 */
export async function deliver(
  stream: MuxStream,
  info: IncomingInfo,
  { pairs, tally, journal }: DeliverOptions,
): Promise<void> {
  stream.on('error', () => undefined); // seen by its destruction
  const pair = pairs.find(({ target }) => target === info.to.port);
  if (pair === undefined) {
    stream.reset('ECONNREFUSED');
    return;
  }
  try {
    const socket = await connectToService(info.from, pair.service);
    if (stream.destroyed) {
      abort(socket, 'ECONNRESET');
      return;
    }
    tally.connections++;
    tally.open++;
    stream.accept();
    const carry = info.mode === 'mirror' ? feed : join;
    carry(socket, stream, () => {
      tally.open--;
    });
  } catch (error) {
    const code = codeOf(error);
    tally.failed++;
    journal.problem('incoming', `port ${pair.service} of the service: ${code}`);
    stream.reset(code);
  }
}

/**
 * Tries the loopback address of the client's family, which wildcard and loopback listeners both take, then what else a
 * listener may be bound to. A client of another family than the listener's cannot be shown to it.
 */
async function connectToService(client: Endpoint, port: number): Promise<net.Socket> {
  let refusal: unknown;
  for (const address of listenerAddresses(client)) {
    try {
      return await connectAs(client, { address, port });
    } catch (error) {
      refusal ??= error;
      if (codeOf(error) === 'ETIMEDOUT') break;
    }
  }
  throw refusal;
}

function* listenerAddresses(client: Endpoint): Generator<string> {
  yield* net.isIPv6(client.address) ? ['::1', '127.0.0.1'] : ['127.0.0.1', '::1'];
  const own = Object.values(os.networkInterfaces()).flatMap((infos) => infos ?? []);
  for (const { internal, address } of own) {
    if (!internal && !address.startsWith('fe80:')) yield address;
  }
}

/**
 * The client's port may be taken here, by a connection that still closes or by the service, or be a privileged one: then
 * another one stands in.
 */
async function connectAs(client: Endpoint, to: Endpoint): Promise<net.Socket> {
  if (net.isIPv6(client.address) !== net.isIPv6(to.address)) return connect({ to });
  try {
    return await connect({ to, bindTo: client });
  } catch (error) {
    if (!PORT_IS_TAKEN.has(codeOf(error))) throw error;
    return connect({ to, bindTo: { ...client, port: 0 } });
  }
}

function connect(o: { to: Endpoint; bindTo?: Endpoint }): Promise<net.Socket> {
  const socket = connectFrom({ ...o, mark: MARKS.deliver, transparent: true });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(Object.assign(new Error('the service does not take it'), { code: 'ETIMEDOUT' }));
    }, CONNECT_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'EIO';
}
