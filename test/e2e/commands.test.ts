import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const secrets: Readonly<Record<string, string>> = {
  SECRET: `not-to-be-seen`,
  QUOTES: `it's "quoted" $HOME`,
  NEWLINES: 'first\nsecond\n# third',
  BLANKS: '  a b ',
};
let world: World;
let project: Project;
let peer: Pod;

beforeAll(async () => {
  world = await World.open();
  [, peer] = await Promise.all([
    world.deploy({
      name: 'orders',
      language: 'go',
      env: Object.entries(secrets).map(([name, value]) => ({ name, value })),
    }),
    world.deploy({ name: 'peer', language: 'go' }),
  ]);
  const labels = { app: 'db' };
  await world.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'none' }] } },
    },
  });
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'c',
        xKdev: { target: 'deployment/orders', incoming: 'steal', env: { override: { MINE: 'x' } } },
      }),
      web: composeApp({ language: 'c' }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** What a command prints where it succeeds. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await project.kdev(args);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

test('kdev --quiet: silent on success', async () => {
  const { code, output } = await project.kdev(['--quiet', 'compose', 'up', '-d']);
  expect([code, output]).toEqual([0, '']);
});

test('kdev ls: targets, their ports, and whose they are', async () => {
  const text = await printed('ls');
  expect(text).toMatch(/^deployment\/orders +1\/1 +8080 +\S+@\S+ steals :8080, \d+ s$/m);
  expect(text).toMatch(/^deployment\/peer +1\/1 +8080 +-$/m);
  expect(text).toMatch(/^statefulset\/db +not supported yet +-/m);
  expect(text).not.toContain('kdev-agent');
  const { schemaVersion, namespace, targets } = JSON.parse(await printed('ls', '-o', 'json'));
  expect([schemaVersion, namespace]).toEqual([1, world.namespace]);
  const pod = targets.find(({ target }: { target: string }) => target.startsWith('pod/orders-'));
  expect(pod).toMatchObject({
    partOf: 'deployment/orders',
    ports: [{ port: 8080 }],
    heldBy: [{ service: 'orders', mode: 'steal', ports: [8080] }],
  });
});

test('kdev env: what the service gets, from where, masked unless asked', async () => {
  const table = await printed('env', 'orders');
  expect(table).toMatch(/^SECRET +\*{8} +pod$/m);
  expect(table).toMatch(/^NAME +\*{8} +compose$/m);
  expect(table).toMatch(/^MINE +\*{8} +override$/m);
  expect(table).not.toContain(secrets['SECRET']);
  const { hasPod, variables } = JSON.parse(
    await printed('env', 'orders', '--reveal', '-o', 'json'),
  );
  expect(hasPod).toBe(true);
  expect(variables).toContainEqual({ name: 'SECRET', value: secrets['SECRET'], from: 'pod' });
  const none = await project.kdev(['env', 'nobody']);
  expect([none.code, none.stderr]).toEqual([23, expect.stringContaining('KDEV2305')]);
});

test('kdev env -o dotenv: Compose reads the same values from it', async () => {
  const text = await printed('env', 'orders', '--reveal', '-o', 'dotenv');
  await writeFile(path.join(project.folder, 'of-the-pod.env'), text);
  const service = { image: 'none', env_file: 'of-the-pod.env' };
  await project.write({ services: { reader: service } }, 'reader.yaml');
  const file = path.join(project.folder, 'reader.yaml');
  const model = parse(await run('docker', ['compose', '-f', file, 'config']));
  // In its own output Compose doubles every $.
  const doubled = Object.entries(secrets).map(([name, value]) => [
    name,
    value.replace('$', '$$$$'),
  ]);
  expect(model.services.reader.environment).toMatchObject(Object.fromEntries(doubled));
});

test('kdev env: without a session it says what is missing', async () => {
  const idle = await world.project({
    services: {
      orders: composeApp({ language: 'c', xKdev: { target: 'deployment/orders' } }),
    },
  });
  const { code, stdout, stderr } = await idle.kdev(['env', 'orders']);
  expect([code, stderr]).toEqual([0, expect.stringContaining('kdev compose up -d')]);
  expect(stdout).toMatch(/^NAME +\*{8} +compose$/m);
  expect(stdout).not.toContain('SECRET');
});

test('kdev explain: where it goes by the sidecar, and whether it works', async () => {
  const remote = await printed('explain', 'orders', 'peer:8080');
  expect(remote).toMatch(/^peer = [\d.]+ \(the pod's resolver, [\d.]+ ms; rule: default\)$/m);
  expect(remote).toMatch(
    /^[\d.]+:8080 leaves from pod orders-\S+ \(rule: default\)\. connect: ok /m,
  );
  const refused = JSON.parse(
    await printed('explain', 'orders', `${peer.address}:81`, '-o', 'json'),
  );
  expect(refused).toMatchObject({
    schemaVersion: 1,
    explanation: { addresses: [{ route: 'agent', connect: { code: 'ECONNREFUSED' } }] },
  });
  const here = await printed('explain', 'orders', 'web:8080');
  expect(here).toMatch(/^web = [\d.]+ \(Docker's resolver.*a name of the compose project\)$/m);
  expect(here).toMatch(/ stays on this machine \(rule: .*\)\. connect: ok /);
  const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
  expect(await printed('explain', 'orders', token)).toMatch(/projected .*\nin the pod: a file of /);
  expect(await printed('explain', 'orders', '/srv')).toMatch(/^\/srv is the service's own/);
});

test('kdev explain: a service of plain Compose, and one that is not up', async () => {
  const plain = await project.kdev(['explain', 'web', 'peer']);
  expect([plain.code, plain.stderr]).toEqual([23, expect.stringContaining('KDEV2305')]);
  const idle = await world.project({
    services: { orders: composeApp({ language: 'c', xKdev: { target: 'deployment/orders' } }) },
  });
  const absent = await idle.kdev(['explain', 'orders', 'peer']);
  expect([absent.code, absent.stderr]).toEqual([83, expect.stringContaining('KDEV8004')]);
});

test('kdev doctor: machine, cluster and project, with the session that runs', async () => {
  const text = await printed('doctor');
  for (const name of ['Docker engine', 'Docker Compose', 'API server', 'rights', 'x-kdev']) {
    expect(text).toMatch(new RegExp(`^ {2}. ${name} `, 'm'));
  }
  expect(text).toMatch(
    /target of orders +deployment\/orders, pod orders-\S+: steal :8080; \S+ admits/,
  );
  expect(text).toMatch(/session +\S+: every service has its way to the pod/);
  expect(text).toMatch(/\nNothing stands in the way of kdev compose up\.\n$/);
});

test('the same as tables', async () => {
  const checks = await printed('doctor', '-o', 'wide');
  expect(checks).toMatch(/^AREA .* EVIDENCE +FIX$/m);
  expect(checks).toMatch(/^cluster +rights +ok +- +all that /m);
  expect(await printed('explain', 'orders', 'peer:8080', '-o', 'table')).toMatch(
    /^peer +the pod's resolver +default +ok /m,
  );
});

test('kdev doctor: what is wrong has its code and its fix, and the exit code is that of the first', async () => {
  const xKdev = { target: 'deployment/ordes' };
  const wrong = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
  const { code, stdout } = await wrong.kdev(['doctor']);
  expect(code).toBe(51);
  expect(stdout).toMatch(
    /target of orders +\[KDEV5002\].*\n +near: orders\n +you can +kubectl get/,
  );
  expect(stdout).toMatch(/1 of \d+ checks failed\.\n$/);
  const env = { KUBECONFIG: '/nowhere', DOCKER_HOST: 'unix:///nowhere' };
  const nothing = await wrong.kdev(['doctor', '-o', 'json'], { env });
  expect(nothing.code).toBe(120);
  const { schemaVersion, checks } = JSON.parse(nothing.stdout);
  const codes = checks.flatMap((check: { code?: string }) => check.code ?? []);
  expect([schemaVersion, codes]).toEqual([1, ['KDEV12001', 'KDEV2401']]);
});

test('kdev logs: of session, sidecar and agent, by time', async () => {
  const all = await printed('logs');
  expect(all).toMatch(/^session +\| \d\d:\d\d:\d\d orders: pipe up by /m);
  expect(all).toMatch(/^sidecar orders \| \d\d:\d\d:\d\d ready: connects are held by /m);
  expect(all).toMatch(/^agent orders +\| \d\d:\d\d:\d\d ready /m);
  const times = [...all.matchAll(/\| (\d\d:\d\d:\d\d) /g)].map(([, time = '']) => time);
  expect(times).toEqual([...times].sort());
  expect(await printed('logs', 'orders', '--sidecar')).toMatch(/^\d\d:\d\d:\d\d ready: /);
  const [line = ''] = (await printed('logs', '--agent', '-o', 'json', '-n', '1')).split('\n');
  expect(JSON.parse(line)).toHaveProperty('at');
});

test('kdev logs -f: goes on with what is logged meanwhile, until it is interrupted', async () => {
  const following = project.start(['logs', '-f']);
  try {
    await following.says(/sidecar orders \| .*ready/, 10_000);
    const request = ['compose', 'exec', '-T', 'orders', '/app', 'request', 'GET'];
    await project.kdev([...request, 'http://peer:81/']);
    await following.says(/sidecar orders \| .*outgoing: .*:81: /, 10_000);
  } finally {
    following.killGroup('SIGINT');
  }
  expect((await following.ended).code).toBe(0);
});

test('kdev logs --agent: without a session there is none', async () => {
  const idle = await world.project({ services: { orders: composeApp({ language: 'c' }) } });
  const { code, stderr } = await idle.kdev(['logs', '--agent']);
  expect([code, stderr]).toEqual([83, expect.stringContaining('KDEV8004')]);
});

test('kdev gather-logs: everything for a report, and no secret of pod, project or kubeconfig', async () => {
  const archive = path.join(project.folder, 'report.tar.gz');
  const { code, stdout, stderr } = await project.kdev(['gather-logs', archive]);
  expect([code, stdout]).toEqual([0, `${archive}\n`]);
  const unpacked = path.join(project.folder, 'unpacked');
  await mkdir(unpacked);
  await run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1']);
  const files = await readdir(unpacked);
  const own = ['session', 'sidecar-orders', 'agent-orders'].map(
    (of) => `${project.name}-${of}.log`,
  );
  const events = `${project.name}-events.txt`;
  const told = ['versions.json', 'doctor.json', 'status.json', 'settings.json', 'project.yaml'];
  expect(files.sort()).toEqual([...told, ...own, events].sort());
  for (const file of files) expect(stderr).toContain(`  ${file} `);
  const texts = await Promise.all(files.map((file) => readFile(path.join(unpacked, file), 'utf8')));
  const all = texts.join('\n');
  expect(all).not.toContain('could not be had');
  for (const words of [
    'pipe up by',
    'connects are held by',
    'SuccessfulCreate',
    'kdev-sidecar-orders',
  ]) {
    expect(all).toContain(words);
  }
  const { users } = world.kubeconfigContent;
  const keys = Object.values(users[0]?.user ?? {}).filter((value) => typeof value === 'string');
  expect(keys.length).toBeGreaterThan(0);
  const { SECRET = '', QUOTES = '' } = secrets;
  for (const secret of [SECRET, QUOTES, 'third', ...keys]) {
    expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secret).toString('base64'));
  }
  const again = await project.kdev(['gather-logs', archive]);
  expect([again.code, again.stderr]).toEqual([20, expect.stringContaining('KDEV2002')]);
});

test('kdev __complete: live names of cluster and project', async () => {
  const env = { KDEV_COMPLETION_MS: '30000' };
  const found = async (...words: string[]) => {
    const { code, stdout } = await project.kdev(['__complete', '--', ...words], { env });
    expect(code).toBe(0);
    return stdout.split('\n').map((line) => line.split('\t')[0]);
  };
  expect(await found('ls', '-n', '')).toContain(world.namespace);
  expect(await found('compose', '--target', 'deployment/')).toEqual(
    expect.arrayContaining(['deployment/orders', 'deployment/peer']),
  );
  expect(await found('ls', '--context=')).toContain(
    `--context=${world.kubeconfigContent['current-context']}`,
  );
  expect(await found('env', '')).toEqual(expect.arrayContaining(['orders', 'web']));
  expect(await found('compose', 'logs', 'or')).toContain('orders');
  expect(await found('compose', 'up', '--a')).toEqual(
    expect.arrayContaining(['--agent-mode', '--abort-on-container-exit']),
  );
});

test('kdev status -o yaml is what -o json is', async () => {
  const { schemaVersion, sessions } = parse(await printed('status', '-o', 'yaml'));
  expect(schemaVersion).toBe(1);
  expect(sessions).toMatchObject([{ project: project.name, services: [{ service: 'orders' }] }]);
});

test('kdev status --watch: shows what changes, until it is interrupted', async () => {
  const watching = project.start(['status', '--watch', '-o', 'json']);
  try {
    await watching.says('"listening":[8080]', 10_000);
    await project.compose('stop', 'orders');
    await watching.says('"stopped":[{"project"', 15_000);
  } finally {
    watching.killGroup('SIGINT');
    await project.compose('start', 'orders');
  }
  const { code, stdout } = await watching.ended;
  expect(code).toBe(0);
  const looks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(looks.length).toBeGreaterThan(1);
});

test('kdev status --watch: on a terminal one picture, drawn over', async () => {
  const watching = project.startOnTerminal(['status', '--watch']);
  try {
    await watching.says(/stealing :8080[\s\S]*stealing :8080/, 15_000);
    watching.type('\u0003');
    const { stdout } = await watching.ended;
    expect(stdout.split('\u001b[B\u001b[J').length).toBeGreaterThan(2);
    // Erased at once, it would go into the scrollback of tmux.
    expect(stdout).not.toContain('\u001b[2J');
    expect(stdout).not.toContain('\u001b[H\u001b[J');
  } finally {
    watching.killGroup('SIGTERM');
  }
});
