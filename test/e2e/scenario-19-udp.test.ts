import { afterAll, beforeAll, expect, test } from 'vitest';
import { typedLines } from '../documents/command-lines.ts';
import { readPages } from '../documents/pages.ts';
import { datagramsImage } from '../fixtures/app-images.ts';
import {
  deployDatagrams,
  inPod,
  inService,
  loadDatagramsImage,
  quicPort,
  udpPorts,
} from './datagram-apps.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const [first, second, third] = udpPorts;
const mebibyte = 1024 * 1024;
let world: World;
let target: string;
let peer: string;
let peerService: string;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  await loadDatagramsImage(world);
  [target, peer] = await Promise.all([
    deployDatagrams(world, 'orders'),
    deployDatagrams(world, 'stun'),
  ]);
  peerService = await world.kubectl(
    ...['get', 'service', 'stun', '-o', 'jsonpath={.spec.clusterIP}'],
  );
  project = await world.project({
    services: {
      orders: {
        image: datagramsImage,
        command: ['serve'],
        environment: { NAME: 'service' },
        stop_grace_period: '1s',
        'x-kdev': { target: 'deployment/orders', incoming: 'off' },
      },
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

test('scenario 19: connected and unconnected, empty, large and 60 KB datagrams, to a pod and to a Service', async () => {
  const sizes = [0, 1, 1_200, 1_472, 1_473, 9_000, 60_000];
  for (const host of [peer, peerService, 'stun', `stun.${world.namespace}.svc`]) {
    for (const command of ['echo', 'echo-unconnected']) {
      const answer = await inService(
        ...([project, 'orders', command, `${host}:${first}`, ...sizes.map(String)] as const),
      );
      expect([host, command, answer]).toEqual([host, command, { echoed: sizes }]);
    }
  }
});

test('scenario 19: one socket to three peers leaves from the pod, by one port', async () => {
  const peers = [`${peer}:${first}`, `${peer}:${second}`, `${peerService}:${third}`];
  const { answers } = await inService(project, 'orders', 'whom', ...peers);
  const seen = Object.entries(answers as Record<string, string>);
  expect(seen.map(([from]) => from).sort()).toEqual([...peers].sort());
  const senders = new Set(seen.map(([, text]) => text));
  expect(senders.size).toBe(1);
  expect([...senders][0]).toMatch(new RegExp(`^target-stun ${target}:\\d+$`));
});

test('scenario 19: a closed port fails as in the pod', async () => {
  const refused = { echoed: [], error: 'ECONNREFUSED' };
  expect(await inPod(world, 'orders', 'echo', `${peer}:9`, '1')).toEqual(refused);
  expect(await inService(project, 'orders', 'echo', `${peer}:9`, '1')).toEqual(refused);
});

test('scenario 19: a MiB there and back over QUIC, which sends in segments (GSO)', async () => {
  for (const host of [peer, 'stun']) {
    const answer = await inService(project, 'orders', 'quic', `${host}:${quicPort}`, `${mebibyte}`);
    expect([host, answer]).toEqual([host, { bytes: mebibyte, equal: true }]);
  }
});

test('scenario 19: status counts datagrams, explain says where they go', async () => {
  const { stdout } = await project.kdev(['status']);
  expect(stdout).toMatch(/ · udp \d+ out, \d+ in, \d+ flows?/);
  const lines = readPages()
    .filter(({ name }) => name === 'docs/traffic.md')
    .flatMap(typedLines);
  const line = lines.find(({ text }) => text.includes('udp://'))?.text ?? '';
  const explained = await project.kdev(line.split(' ').slice(1));
  expect(explained.stdout).toContain(`UDP to ${peerService}:3478 leaves from pod orders-`);
});
