import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, PassThrough } from 'node:stream';
import type { StreamInfo } from '../../src/protocol/messages.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

export const info: StreamInfo = {
  kind: 'outgoing.tcp',
  to: { address: '192.0.2.1', port: 5432 },
};

/** The next stream that the peer opens. */
export function arrivalAt(mux: Mux): Promise<MuxStream> {
  return new Promise((resolve) => {
    mux.onStream = resolve;
  });
}

/** Every way in which a consumer may read a stream; each gives the SHA-256 of what it read. */
export const consumers: Record<string, (stream: Duplex) => Promise<string>> = {
  data: (stream) => hashOf(stream, (take) => stream.on('data', take)),
  pipe: (stream) => {
    const through = new PassThrough({ highWaterMark: 1024 });
    stream.pipe(through);
    return hashOf(through, (take) => through.on('data', take));
  },
  'pause and resume': (stream) =>
    hashOf(stream, (take) => {
      stream.on('data', (chunk: Buffer) => {
        take(chunk);
        stream.pause();
        setImmediate(() => stream.resume());
      });
    }),
  'pause and resume while empty': (stream) =>
    hashOf(stream, (take) => {
      stream.on('data', (chunk: Buffer) => {
        take(chunk);
        if (stream.readableLength === 0) {
          stream.pause();
          setImmediate(() => stream.resume());
        }
      });
    }),
  iteration: async (stream) => {
    const hash = createHash('sha256');
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) hash.update(chunk);
    return hash.digest('hex');
  },
  'read()': (stream) =>
    hashOf(stream, (take) => {
      stream.on('readable', () => {
        for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) take(chunk);
      });
    }),
  'read(n)': (stream) =>
    hashOf(stream, (take) => {
      stream.on('readable', () => {
        for (;;) {
          const chunk = stream.read(1000) ?? stream.read();
          if (chunk === null) break;
          take(chunk);
        }
      });
    }),
};

export function hashOf(
  stream: Duplex,
  consume: (take: (chunk: Buffer) => void) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    stream.on('error', reject);
    stream.on('end', () => resolve(hash.digest('hex')));
    consume((chunk) => hash.update(chunk));
  });
}

/** Writes chunks of changing sizes with back-pressure, and ends. */
export async function produce(stream: Duplex, total: number): Promise<string> {
  const hash = createHash('sha256');
  let left = total;
  for (let n = 1; left > 0; n = (n * 7919) % 100_003) {
    const chunk = Buffer.alloc(Math.min(left, n), String(n));
    left -= chunk.length;
    hash.update(chunk);
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  stream.end();
  return hash.digest('hex');
}

/** As the capture of packets does: no back-pressure. */
export function produceAtOnce(stream: Duplex, total: number): string {
  const hash = createHash('sha256');
  for (let left = total; left > 0; left -= 1448) {
    const chunk = Buffer.alloc(Math.min(left, 1448), String(left));
    hash.update(chunk);
    stream.write(chunk);
  }
  stream.end();
  return hash.digest('hex');
}

export function textOf(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
  });
}

export function failure(stream: Duplex): Promise<unknown> {
  return new Promise((resolve) => {
    stream.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

export function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.on('close', () => resolve());
  });
}
