import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StreamInfo } from '../../src/protocol/messages.ts';
import { arrivalAt, closed, failure, info, textOf } from './drive.ts';
import { type Stage, stages } from './stage.ts';

describe.each(stages)('streams over %s', (_name, start) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await start();
  });

  afterEach(async () => {
    await stage.close();
    expect(stage.caller.openStreams + stage.agent.openStreams).toBe(0);
  });

  test('a stream tells both sides the same, and each may close its direction alone', async () => {
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info);
    near.end('question');
    const far = await arrived;
    expect(far.info).toEqual(info);
    expect(await textOf(far)).toBe('question');
    far.end('answer after the end of the question');
    expect(await textOf(near)).toBe('answer after the end of the question');
    await Promise.all([closed(near), closed(far)]);
  });

  test('the agent opens streams too, and both sides at once', async () => {
    const incoming: StreamInfo = {
      kind: 'incoming.tcp',
      mode: 'steal',
      from: { address: '10.0.0.7', port: 40_000 },
      to: { address: '10.0.0.9', port: 80 },
    };
    const atCaller = arrivalAt(stage.caller);
    const atAgent = arrivalAt(stage.agent);
    const opened = [stage.agent.open(incoming), stage.caller.open(info)] as const;
    opened[0].end('from the cluster');
    opened[1].end('from the service');
    const [fromAgent, fromCaller] = await Promise.all([atCaller, atAgent]);
    expect(fromAgent.info).toEqual(incoming);
    expect(fromAgent.id % 2).toBe(0);
    expect(fromCaller.id % 2).toBe(1);
    expect(await textOf(fromAgent)).toBe('from the cluster');
    expect(await textOf(fromCaller)).toBe('from the service');
    fromAgent.end();
    fromCaller.end();
    await Promise.all(opened.map((stream) => closed(stream.resume())));
  });

  test('accepted resolves when the acceptor says so, before any byte', async () => {
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info);
    const far = await arrived;
    far.accept();
    await near.accepted;
    far.reset('ECANCELED');
    await expect(failure(near)).resolves.toBe('ECANCELED');
  });

  test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT'])(
    'a dial that fails with %s rejects `accepted` with it',
    async (code) => {
      stage.agent.onStream = (stream) => stream.reset(code);
      const near = stage.caller.open(info);
      const failed = failure(near);
      await expect(near.accepted).rejects.toMatchObject({ code });
      expect(await failed).toBe(code);
    },
  );

  test('a reset travels as itself, with bytes under way in both directions', async () => {
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info);
    near.write(Buffer.alloc(100_000));
    const far = await arrived;
    far.write(Buffer.alloc(100_000));
    const failed = failure(near);
    far.reset('EPIPE');
    expect(await failed).toBe('EPIPE');
    expect(near.destroyed).toBe(true);
  });

  test('what was written before a reset is read before it', async () => {
    stage.agent.onStream = (stream) => {
      stream.write('413 Payload Too Large: ');
      stream.write('x'.repeat(50_000));
      stream.reset('ECONNRESET');
    };
    const near = stage.caller.open(info);
    let text = '';
    near.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await failure(near)).toBe('ECONNRESET');
    expect(text).toBe(`413 Payload Too Large: ${'x'.repeat(50_000)}`);
  });

  test('the first byte of the acceptor says that it has accepted', async () => {
    stage.agent.onStream = (stream) => stream.resume().end('banner');
    const near = stage.caller.open(info);
    await near.accepted;
    near.end();
    expect(await textOf(near)).toBe('banner');
    await closed(near);
  });

  test('bytes of the opener do not say so', async () => {
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info);
    near.write('early');
    const far = await arrived;
    expect(String(await new Promise((resolve) => far.once('data', resolve)))).toBe('early');
    let accepted = false;
    const told = near.accepted.then(() => {
      accepted = true;
    });
    await stage.caller.ping();
    expect(accepted).toBe(false);
    far.accept();
    await told;
    far.on('error', () => {}).destroy();
    expect(await failure(near)).toBe('ECANCELED');
  });

  test('a stream that nobody takes is refused', async () => {
    await expect(stage.caller.open(info).on('error', () => {}).accepted).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  test('close() delivers what was sent before, and both sides end without an error', async () => {
    const arrived = arrivalAt(stage.agent);
    stage.agent.handle('dns.query', async (_args, tail) => ({ body: {}, tail }));
    const near = stage.caller.open(info);
    near.on('error', () => {});
    near.end('last words');
    const far = await arrived;
    expect(await textOf(far)).toBe('last words');
    far.on('error', () => {});
    await stage.agent.close('leaving');
    expect(await stage.caller.closed).toBeUndefined();
    expect(await stage.agent.closed).toBeUndefined();
    expect(() => stage.caller.open(info)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
    await expect(stage.caller.call('agent.status', {})).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('both sides close at the same time', async () => {
    await stage.caller.ping();
    await Promise.all([stage.caller.close(), stage.agent.close()]);
    expect(await stage.caller.closed).toBeUndefined();
    expect(await stage.agent.closed).toBeUndefined();
  });
});
