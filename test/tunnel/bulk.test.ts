import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/protocol/limits.ts';
import {
  arrivalAt,
  closed,
  consumers,
  failure,
  info,
  produce,
  produceAtOnce,
  textOf,
} from './drive.ts';
import { type Stage, stages } from './stage.ts';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

describe.each(stages)('bulk over %s', (_name, start) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await start();
  });

  afterEach(async () => {
    await stage.close();
    expect(stage.caller.openStreams + stage.agent.openStreams).toBe(0);
  });

  test.each(Object.keys(consumers))(
    'many windows arrive whole at a consumer that reads by %s, ten times over',
    async (name) => {
      const consume = consumers[name];
      for (let round = 0; round < 10; round += 1) {
        const arrived = arrivalAt(stage.agent);
        const near = stage.caller.open(info);
        const sent = produce(near, 2 * megabyte);
        const far = await arrived;
        const got = consume?.(far);
        expect(await got).toBe(await sent);
        far.end();
        await closed(near.resume());
      }
    },
  );

  test('a reader that does not read holds back its writer, and nobody else', async () => {
    const arrived = arrivalAt(stage.agent);
    const stuck = stage.caller.open(info);
    let written = 0;
    const flood = async () => {
      while (!stuck.destroyed) {
        written += 64 * kilobyte;
        if (!stuck.write(Buffer.alloc(64 * kilobyte))) {
          await Promise.race([once(stuck, 'drain'), closed(stuck)]);
        }
      }
    };
    const flooding = flood();
    const far = await arrived;
    for (let round = 0; round < 5; round += 1) {
      const otherArrived = arrivalAt(stage.agent);
      const other = stage.caller.open(info);
      const sent = produce(other, 512 * kilobyte);
      const otherFar = await otherArrived;
      expect(await consumers['data']?.(otherFar)).toBe(await sent);
      otherFar.end();
      await closed(other.resume());
    }
    expect(written).toBeLessThanOrEqual(512 * kilobyte);
    expect(far.readableLength).toBeLessThanOrEqual(256 * kilobyte);
    far.reset('ECONNRESET');
    stuck.on('error', () => {});
    await flooding;
  });

  test('2000 short streams, 50 at a time, all answered and none left', async () => {
    stage.agent.onStream = (stream) => {
      stream.on('data', () => {});
      stream.on('end', () => stream.end('answer'));
    };
    let next = 0;
    const worker = async () => {
      while (next < 2000) {
        next += 1;
        const stream = stage.caller.open(info);
        stream.end('question');
        expect(await textOf(stream)).toBe('answer');
        await closed(stream);
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));
  });

  test('a mirrored stream is whole or reset as too slow, never short of bytes inside', async () => {
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info, 'mirror');
    const failed = failure(near);
    near.write(Buffer.alloc(LIMITS.initialWindowBytes, 'a'));
    near.write(Buffer.alloc(LIMITS.mirrorBeyondCreditBytes - 1, 'b'));
    const far = await arrived;
    expect(far.priority).toBe('mirror');
    const farFailed = failure(far);
    expect(near.destroyed).toBe(false);
    near.write(Buffer.alloc(1, 'c'));
    expect(await failed).toBe('ETOOSLOW');
    expect(await farFailed).toBe('ETOOSLOW');

    const second = arrivalAt(stage.agent);
    const kept = stage.caller.open(info, 'mirror');
    const sent = produceAtOnce(kept, megabyte);
    const keptFar = await second;
    expect(await consumers['data']?.(keptFar)).toBe(sent);
    keptFar.end();
    await closed(kept.resume());
  });
});
