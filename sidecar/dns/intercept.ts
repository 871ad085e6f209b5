import dgram from 'node:dgram';
import net from 'node:net';
import type { ListenerPorts } from '../network-plan.ts';
import type { AnswerQuery } from './answer-query.ts';
import type { AskedOf } from './choose-resolver.ts';
import { serveTcp } from './serve-tcp.ts';

const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/**
 * The DNS servers behind the rules: two ports (what the service asks its own resolvers, what is asked of others), over
 * UDP and TCP, on the loopback addresses of both families. The answer stops them all.
 */
export async function interceptDns(ports: ListenerPorts, answer: AnswerQuery): Promise<() => void> {
  const opening = SIDES.flatMap(({ askedOf, address, of }) => {
    const options = { address, port: ports[of], answer, askedOf };
    return [openUdp(options), openTcp(options)].map((stop) => unlessFamilyIsOff(stop, address));
  });
  const opened = await Promise.allSettled(opening);
  const stop = () => {
    for (const one of opened) if (one.status === 'fulfilled') one.value?.();
  };
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return stop;
  stop();
  throw failed.reason;
}

const SIDES = ['127.0.0.1', '::1'].flatMap((address) => [
  { address, askedOf: 'service', of: 'dns' } as const,
  { address, askedOf: 'forwarded', of: 'dnsForwarded' } as const,
]);

interface ServerOptions {
  readonly address: string;
  readonly port: number;
  readonly answer: AnswerQuery;
  readonly askedOf: AskedOf;
}

async function openUdp({ address, port, answer, askedOf }: ServerOptions): Promise<() => void> {
  const type = net.isIPv6(address) ? 'udp6' : 'udp4';
  const socket = dgram.createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  socket.removeAllListeners('error');
  socket.on('error', () => undefined); // a client that closed its socket before our answer came
  socket.on('message', (query, client) => {
    answer(query, 'udp', askedOf).then(
      (reply) => reply && socket.send(reply, client.port, client.address, () => undefined),
      () => undefined, // answerQuery turns every failure into an answer
    );
  });
  return () => socket.close();
}

async function openTcp({ address, port, answer, askedOf }: ServerOptions): Promise<() => void> {
  const server = serveTcp((query) => answer(query, 'tcp', askedOf));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return () => server.close();
}

/** A namespace without IPv6 has no ::1. */
async function unlessFamilyIsOff<T>(opening: Promise<T>, address: string): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const isOff = code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
    if (isOff && net.isIPv6(address)) return undefined;
    throw error;
  }
}
