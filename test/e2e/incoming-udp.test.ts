import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datagramsImage } from '../fixtures/app-images.ts';
import {
  deployDatagrams,
  inPod,
  inService,
  loadDatagramsImage,
  quicPort,
  udpPorts,
} from './datagram-apps.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const [port, second] = udpPorts;
const mebibyte = 1024 * 1024;
const upMs = 20_000;
let world: World;
let client: string;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  await loadDatagramsImage(world);
  [client] = await Promise.all([
    deployDatagrams(world, 'client'),
    deployDatagrams(world, 'stolen'),
    deployDatagrams(world, 'copied'),
  ]);
  const service = (name: string, incoming: unknown) => ({
    image: datagramsImage,
    command: ['serve'],
    environment: { NAME: 'service', UDP_PORTS: '4000', QUIC_PORT: String(quicPort) },
    stop_grace_period: '1s',
    'x-kdev': { target: `deployment/${name}`, incoming },
  });
  project = await world.project({
    services: {
      stolen: service('stolen', {
        mode: 'steal',
        ports: [`4000:${port}/udp`, `${quicPort}/udp`],
      }),
      copied: service('copied', { mode: 'mirror', ports: [`4000:${port}/udp`] }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Who answers a client of the cluster on a port, and whom it sees. */
async function answerOf(name: string, on: number): Promise<string> {
  const { answers } = await inPod(world, 'client', 'whom', `${name}:${on}`);
  return String(Object.values(answers as object)[0]);
}

async function logged(service: string): Promise<string> {
  return await project.compose('logs', '--no-log-prefix', service).then(({ stdout }) => stdout);
}

describe('steal', () => {
  test('incoming UDP: the service answers through the target’s Service, and sees the client', async () => {
    await eventually('the service answers', { deadlineMs: upMs }, async () => {
      expect(await answerOf('stolen', port)).toMatch(new RegExp(`^service ${client}:\\d+$`));
    });
    expect(await answerOf('stolen', second)).toMatch(/^target-stolen /);
    const echoed = await inPod(world, 'client', 'echo', `stolen:${port}`, '0', '1200', '60000');
    expect(echoed).toEqual({ echoed: [0, 1_200, 60_000] });
    const { stdout } = await project.kdev(['status']);
    expect(stdout).toContain(
      `stealing :${port}/udp (here :4000) :${quicPort}/udp of deployment/stolen`,
    );
  });

  test('incoming UDP: a MiB there and back over QUIC', async () => {
    const answer = await inPod(world, 'client', 'quic', `stolen:${quicPort}`, `${mebibyte}`);
    expect(answer).toEqual({ bytes: mebibyte, equal: true });
  });
});

test('incoming UDP: mirrored, the target answers and the service has a copy', async () => {
  await eventually('the service has a copy', { deadlineMs: upMs }, async () => {
    expect(await answerOf('copied', port)).toMatch(new RegExp(`^target-copied ${client}:\\d+$`));
    expect(await logged('copied')).toContain(`whom? from ${client}:`);
  });
});

test('incoming UDP: the target answers again when the service is stopped', async () => {
  await project.compose('stop', 'stolen');
  await eventually('the target answers', { deadlineMs: upMs }, async () => {
    expect(await answerOf('stolen', port)).toMatch(new RegExp(`^target-stolen ${client}:\\d+$`));
  });
  // Outgoing datagrams of the other service are not concerned.
  expect(await inService(project, 'copied', 'echo', `client:${port}`, '1')).toEqual({
    echoed: [1],
  });
});
