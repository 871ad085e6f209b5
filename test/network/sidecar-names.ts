import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import { pendingError } from '../../src/kernel/pending-error.ts';
import { buildAnswer, type DnsQuestion, parseQuestion } from '../../src/protocol/dns-message.ts';

/** What the programs of the sidecar's tests do with names: ask for them, and serve them. */
export const nameCommands = {
  /** Asks a nameserver with c-ares, which does not look into any file of names. */
  async resolve(o: { name: string; type: string; server?: string }) {
    const resolver = new Resolver({ timeout: 3000, tries: 1 });
    resolver.setServers([o.server ?? '127.0.0.11']);
    const started = performance.now();
    const answer = await resolver.resolve(o.name, o.type).catch(codeOf);
    return { answer: answer as unknown, ms: Math.round(performance.now() - started) };
  },

  /** Many lookups at once; counts the answers. */
  async resolveMany(o: { name: string; count: number }) {
    const resolver = new Resolver({ timeout: 3000, tries: 1 });
    resolver.setServers(['127.0.0.11']);
    const answers: Record<string, number> = {};
    const one = async (index: number) => {
      // In mixed case: c-ares would ask once for all.
      const name = mixCase(o.name, index);
      const answer = String(await resolver.resolve4(name).catch(codeOf));
      answers[answer] = (answers[answer] ?? 0) + 1;
    };
    await Promise.all(Array.from({ length: o.count }, (_, index) => one(index)));
    return answers;
  },

  /** Docker's resolver, as far as the sidecar sees it: knows its names, forwards the rest from this namespace. */
  async serveDocker(o: { names: Record<string, string>; upstream: string }) {
    await serveDns('127.0.0.11', (query) => {
      const question = parseQuestion(query);
      const address = question && o.names[question.name];
      if (!question || !address) return forward(query, o.upstream);
      return Promise.resolve(addressAnswer(query, question, address));
    });
  },

  /** A nameserver that has the same address for everything. */
  serveDns(o: { address: string; everything: string }) {
    return serveDns(o.address, (query) => {
      const question = parseQuestion(query);
      return Promise.resolve(question && addressAnswer(query, question, o.everything));
    });
  },

  /** One raw DNS message over UDP; undefined for silence. */
  async ask(o: { query: string; server?: string; waitMs: number }) {
    const socket = dgram.createSocket('udp4');
    try {
      return await new Promise<string | undefined>((resolve) => {
        socket.on('message', (message) => resolve(message.toString('hex')));
        socket.on('error', (error) => resolve(codeOf(error)));
        setTimeout(() => resolve(undefined), o.waitMs);
        socket.connect(53, o.server ?? '127.0.0.11', () =>
          socket.send(Buffer.from(o.query, 'hex')),
        );
      });
    } finally {
      socket.close();
    }
  },

  /** Raw bytes over TCP to port 53, then its end; what comes back. */
  async askTcp(o: { bytes: string; server?: string }) {
    const socket = net.connect({ host: o.server ?? '127.0.0.11', port: 53, allowHalfOpen: true });
    const read: Buffer[] = [];
    socket.on('data', (chunk) => read.push(chunk));
    socket.end(Buffer.from(o.bytes, 'hex'));
    await endingOf(socket);
    return Buffer.concat(read).toString('hex');
  },
};

async function serveDns(
  address: string,
  answer: (query: Buffer) => Promise<Buffer | undefined>,
): Promise<void> {
  const socket = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', async (query, from) => {
    const reply = await answer(query);
    if (reply) socket.send(reply, from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
}

function addressAnswer(query: Buffer, question: DnsQuestion, address: string): Buffer {
  const data = Buffer.from(address.split('.').map(Number));
  const records = question.type === 1 ? [{ type: 1, ttlSeconds: 5, data }] : [];
  return buildAnswer(query, question, { rcode: 0, records });
}

async function forward(query: Buffer, upstream: string): Promise<Buffer | undefined> {
  const socket = dgram.createSocket('udp4');
  try {
    socket.send(query, 53, upstream);
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(2_000) })) as [
      Buffer,
    ];
    return answer;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** As many ways to write a name as there are letters' cases. */
function mixCase(name: string, index: number): string {
  return [...name]
    .map((letter, at) => ((index >> at) & 1 ? letter.toUpperCase() : letter))
    .join('');
}

/** `end` for the other side's FIN, else the errno of the failure. */
export function endingOf(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve(codeOf(error)));
    socket.once('end', () => {
      resolve(pendingError(socket) ?? 'end');
      socket.end();
    });
    socket.once('close', () => resolve('close'));
  });
}

export function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'ETIMEDOUT';
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
