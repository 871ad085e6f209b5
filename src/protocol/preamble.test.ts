import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { encodePreamble, readPreamble } from './preamble.ts';

const key = { id: '00112233445566778899aabbccddeeff', secret: Buffer.alloc(32, 0xab) };
const soon = () => AbortSignal.timeout(2_000);

test('literal bytes', () => {
  expect(encodePreamble(key).toString('hex')).toBe(
    Buffer.from('KDEV/1\n').toString('hex') + key.id + 'ab'.repeat(32),
  );
});

test('a key that is none is not sent', () => {
  expect(() => encodePreamble({ ...key, id: 'AB' })).toThrow('session key');
  expect(() => encodePreamble({ ...key, secret: Buffer.alloc(31) })).toThrow('session key');
});

test('it is read in any chunking, and what follows stays in the pipe', async () => {
  const bytes = Buffer.concat([encodePreamble(key), Buffer.from('TLS')]);
  for (let at = 0; at <= bytes.length; at += 1) {
    const pipe = new PassThrough();
    const reading = readPreamble(pipe, soon());
    pipe.write(bytes.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    pipe.write(bytes.subarray(at));
    expect(await reading).toEqual(key);
    expect(String(pipe.read())).toBe('TLS');
  }
});

test('garbage, an early end, an error and silence are refused', async () => {
  const garbage = new PassThrough();
  garbage.write('GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: something\r\n\r\n');
  await expect(readPreamble(garbage, soon())).rejects.toMatchObject({ code: 'EPROTO' });
  const short = new PassThrough();
  short.end(encodePreamble(key).subarray(0, 54));
  await expect(readPreamble(short, soon())).rejects.toMatchObject({ code: 'ECONNRESET' });
  const failing = new PassThrough();
  const failed = readPreamble(failing, soon());
  failing.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  await expect(failed).rejects.toMatchObject({ code: 'EPIPE' });
  const controller = new AbortController();
  const silent = readPreamble(new PassThrough(), controller.signal);
  controller.abort(new Error('too late'));
  await expect(silent).rejects.toThrow('too late');
  await expect(readPreamble(new PassThrough(), AbortSignal.abort(7))).rejects.toBe(7);
  const gone = new PassThrough();
  gone.destroy();
  await expect(readPreamble(gone, soon())).rejects.toMatchObject({ code: 'ECONNRESET' });
});
