import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baseImage, buildBaseImage } from '../fixtures/base-image.ts';
import {
  CLUSTER4,
  layPod,
  type Networks,
  names,
  removeNamespaces,
  run,
  writeFiles,
} from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { SidecarWorld } from './sidecar-world.ts';

/** The sidecar in a namespace that Docker made: its rules for 127.0.0.11, its resolver, a published port, a neighbour by name. */
const label = 'kdev.dev/test=sidecar-docker';
const own = `kdev-test-${process.pid}`;
const holder = `${own}-holder`;
const db = `${own}-db`;
const LOCAL_PORT = 8080;
/** This machine's own nameserver, as Docker knows it: it asks there from inside of the holder's namespace. */
const UPSTREAM = '192.0.2.53';

let world: SidecarWorld;
let service: Program<Commands>;

beforeAll(async () => {
  await buildBaseImage();
  const outgoing = { local: ['*.corp.example'], remote: [], podLoopback: [] };
  world = await SidecarWorld.build({ localNames: ['db', 'absent'], outgoing }, dockerNetworks());
  service = world.start(world.networks.service);
  const cluster = world.start(world.networks.pod);
  await cluster.call('serve', { address: CLUSTER4, port: 80, how: 'greet', where: 'cluster' });
  await world.agent.call('zone', {
    'postgres 1': { rcode: 0, records: [{ type: 1, data: '0a60000a' }] },
    'absent 1': { rcode: 0, records: [{ type: 1, data: '0a600063' }] },
  });
});

afterAll(async () => {
  await world?.demolish();
  for (const name of [holder, db]) run('docker', 'rm', '--force', name);
  run('docker', 'network', 'rm', '--force', own);
});

function dockerNetworks(): Networks {
  const { service: inside, network: beside, pod } = names();
  run('docker', 'network', 'create', '--label', label, own);
  startContainer(holder, '--publish', `127.0.0.1::${LOCAL_PORT}`, '--dns', UPSTREAM);
  startContainer(db, '--network-alias', 'db');
  attach(inside, holder);
  attach(beside, db);
  layPod(pod);
  run('ip', '-n', beside, 'address', 'add', `${UPSTREAM}/32`, 'dev', 'lo');
  run('ip', '-n', inside, 'route', 'add', `${UPSTREAM}/32`, 'via', addressOf(db));
  const [resolvConf = '', hosts = ''] = inspect(holder, '{{.ResolvConfPath}} {{.HostsPath}}').split(
    ' ',
  );
  writeFiles(inside, {
    'resolv.conf': readFileSync(resolvConf, 'utf8'),
    hosts: readFileSync(hosts, 'utf8'),
  });
  return {
    service: inside,
    network: beside,
    pod,
    remove: () => removeNamespaces(inside, beside, pod),
  };
}

function startContainer(name: string, ...options: string[]): void {
  const fixed = ['--detach', '--name', name, '--label', label, '--network', own];
  run('docker', 'run', ...fixed, ...options, baseImage, 'sleep', 'infinity');
}

function inspect(name: string, format: string): string {
  return run('docker', 'inspect', '--format', format, name);
}

function attach(namespace: string, container: string): void {
  run('ip', 'netns', 'attach', namespace, inspect(container, '{{.State.Pid}}'));
}

const addressOf = (name: string) =>
  inspect(name, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');

const resolve = async (name: string, type = 'A') =>
  (await service.call('resolve', { name, type })).answer;

test('Docker’s resolver is where the service looks for it', () => {
  expect(readFileSync(`/etc/netns/${world.networks.service}/resolv.conf`, 'utf8')).toContain(
    '127.0.0.11',
  );
});

test('names of the cluster come from the agent, those of the project from Docker', async () => {
  expect(await resolve('postgres')).toEqual(['10.96.0.10']);
  expect(await resolve('db')).toEqual([addressOf(db)]);
  expect(await resolve('nobody')).toBe('ENOTFOUND');
  const reverse = `${addressOf(db).split('.').reverse().join('.')}.in-addr.arpa`;
  expect(JSON.stringify(await resolve(reverse, 'PTR'))).toContain(db);
});

test('a local name that Docker does not know is forwarded by dockerd to us, and stays unknown', async () => {
  expect(await resolve('absent')).toBe('ENOTFOUND');
  const asked = await world.agent.call('asked', undefined);
  expect(asked).not.toContain('absent 1');
});

test('a name that the settings leave to this machine is asked of the nameserver behind Docker’s', async () => {
  const near = world.start(world.networks.network);
  await near.call('serveDns', { address: UPSTREAM, everything: '203.0.113.77' });
  expect(await resolve('git.corp.example')).toEqual(['203.0.113.77']);
  const asked = await world.agent.call('asked', undefined);
  expect(asked).not.toContain('git.corp.example 1');
});

test('the cluster is reached through the agent, a neighbour directly', async () => {
  const neighbour = world.start(world.networks.network);
  await neighbour.call('serve', { address: '0.0.0.0', port: 5432, how: 'greet', where: 'db' });
  const cluster = await service.call('greet', { to: { address: CLUSTER4, port: 80 } });
  expect(cluster.greeting?.where).toBe('cluster');
  const near = await service.call('greet', { to: { address: addressOf(db), port: 5432 } });
  expect(near.greeting?.where).toBe('db');
  expect(near.greeting?.peer.address).toBe(addressOf(holder));
});

test('the published port leads to the service', async () => {
  await service.call('serve', {
    address: '0.0.0.0',
    port: LOCAL_PORT,
    how: 'greet',
    where: 'service',
  });
  const port = Number(run('docker', 'port', holder, String(LOCAL_PORT)).split(':').at(-1));
  const answer = run('bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; head -1 <&3`);
  expect(JSON.parse(answer).where).toBe('service');
});
