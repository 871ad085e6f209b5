import { lookup } from 'node:dns/promises';
import net from 'node:net';
import type { Tried } from '../../src/protocol/launch.ts';

const LOOKUP_MS = 5_000;
const CONNECT_MS = 4_000;

/** Resolves a name as a program in this network namespace does: hosts file, resolver, search list. */
export async function lookUp(name: string): Promise<Tried & { addresses: readonly string[] }> {
  let addresses: readonly string[] = [];
  const tried = await attempt(LOOKUP_MS, async () => {
    const found = await lookup(name, { all: true, verbatim: true });
    addresses = found.map(({ address }) => address);
  });
  return { ...tried, addresses };
}

/** Connects as a program in this network namespace does, through the sidecar's own rules, and closes at once. */
export async function connectTo(address: string, port: number): Promise<Tried> {
  const socket = net.connect({ host: address, port });
  try {
    return await attempt(CONNECT_MS, async () => {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      });
    });
  } finally {
    socket.destroy();
  }
}

/** How it went. `no answer` is our own patience: a program may wait longer. */
export async function attempt(timeoutMs: number, act: () => Promise<void>): Promise<Tried> {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'no answer'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'no answer');
  });
  const code = await Promise.race([act().then(() => 'ok', codeOf), late]);
  clearTimeout(timer);
  return { code, tookMs: Math.round((performance.now() - startedMs) * 10) / 10 };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
