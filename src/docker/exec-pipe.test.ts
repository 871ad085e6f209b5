import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExecPipe } from './exec-pipe.ts';

const stdout = 1;
const stderr = 2;

function piece(type: number, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function open(): { pipe: ExecPipe; connection: Duplex; engine: Duplex } {
  const [connection, engine] = duplexPair();
  return { pipe: new ExecPipe(connection, () => Promise.resolve(0)), connection, engine };
}

test('stdout is the stream, stderr the complaint', async () => {
  const { pipe, engine } = open();
  engine.end(Buffer.concat([piece(stdout, 'one '), piece(stderr, 'E bad'), piece(stdout, 'two')]));
  expect(Buffer.concat(await pipe.toArray()).toString()).toBe('one two');
  expect(pipe.complaint).toBe('E bad');
});

test('in any chunking', async () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom(stdout, stderr), fc.string({ maxLength: 40 })));
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 13 }), async (list, size) => {
      const { pipe, engine } = open();
      const bytes = Buffer.concat(list.map(([type, text]) => piece(type, text)));
      for (let at = 0; at < bytes.length; at += size) engine.write(bytes.subarray(at, at + size));
      engine.end();
      const wanted = list.filter(([type]) => type === stdout).map(([, text]) => text);
      expect(Buffer.concat(await pipe.toArray()).toString()).toBe(wanted.join(''));
    }),
  );
});

test('what is written is stdin as it is, and the end travels', async () => {
  const { pipe, engine } = open();
  pipe.write('abc');
  pipe.end('def');
  expect(Buffer.concat(await engine.toArray()).toString()).toBe('abcdef');
});

test('a reader that stands still stops the engine', async () => {
  const { pipe, engine } = open();
  const chunk = piece(stdout, 'x'.repeat(16_384));
  let accepted = 0;
  while (accepted < 1_000 && engine.write(chunk)) {
    accepted += 1;
    await turn();
  }
  expect(accepted).toBeLessThan(20);
  expect(pipe.readableLength).toBeLessThan(256 * 1024);
});

test('a connection that closes destroys the stream', async () => {
  const { pipe, connection } = open();
  connection.destroy();
  await new Promise((resolve) => pipe.once('close', resolve));
  expect(pipe.destroyed).toBe(true);
});

test('a long complaint is cut', async () => {
  const { pipe, engine } = open();
  engine.end(piece(stderr, 'e'.repeat(10_000)));
  await pipe.toArray();
  expect(pipe.complaint).toHaveLength(4_096);
});

test('a command that ends without having read all that was written closes the stream', async () => {
  const { pipe, engine } = open();
  // Nobody reads it at the other end.
  for (let written = 0; written < 20; written++) pipe.write(Buffer.alloc(64 * 1024));
  pipe.on('error', () => undefined).resume();
  engine.end();
  await new Promise((resolve) => pipe.once('close', resolve));
  expect(await pipe.exitCode()).toBe(0);
});
