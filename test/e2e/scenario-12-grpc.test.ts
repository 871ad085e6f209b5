import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadImages } from '../cluster/load-images.ts';
import { buildGrpcImage, grpcImage } from '../fixtures/app-images.ts';
import type { Plan, Question, Result } from '../network/grpc-program.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import { World } from './world.ts';

const CLEAR = 50_051;
const SECURE = 8443;
const mine = { 'x-user': 'me' };
const ports = { GRPC_PORT: `${CLEAR}`, TLS_PORT: `${SECURE}` };
/** A server too: it has to live. */
const idle = { GRPC_PORT: `${CLEAR}` };

let world: World;

beforeAll(async () => {
  world = await World.open();
  await buildGrpcImage();
  await loadImages(world.ground.cluster, [grpcImage]);
  const made = await run('docker', ['run', '--rm', grpcImage, 'certificate', 'words.shop']);
  const { cert, key } = JSON.parse(made) as { cert: string; key: string };
  await world.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'words-tls' },
      stringData: { 'tls.crt': cert, 'tls.key': key },
    },
    words(),
    deployment('client', { name: 'client', image: grpcImage, env: variables(idle) }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'words' },
      spec: {
        selector: { app: 'words' },
        ports: [CLEAR, SECURE].map((port) => ({ name: `p${port}`, port })),
      },
    },
  );
  for (const name of ['words', 'client']) {
    await world.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=60s');
  }
  const project = await world.project({
    services: {
      words: {
        image: grpcImage,
        environment: { NAME: 'service', ...ports },
        'x-kdev': {
          target: 'deployment/words',
          incoming: { mode: 'steal', filter: 'x-user=me' },
        },
        stop_grace_period: '1s',
      },
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

function words(): object {
  return deployment(
    'words',
    {
      name: 'words',
      image: grpcImage,
      env: variables({ NAME: 'target', ...ports }),
      ports: [CLEAR, SECURE].map((containerPort) => ({ containerPort })),
      readinessProbe: { grpc: { port: CLEAR }, periodSeconds: 1 },
      volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }],
    },
    [{ name: 'tls', secret: { secretName: 'words-tls' } }],
  );
}

function variables(all: Readonly<Record<string, string>>): object[] {
  return Object.entries(all).map(([name, value]) => ({ name, value }));
}

function deployment(name: string, container: object, volumes: readonly object[] = []): object {
  const labels = { app: name };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container], volumes };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

async function ask(
  port: number,
  questions: readonly Question[],
  over: Partial<Plan> = {},
): Promise<readonly Result[]> {
  const plan = JSON.stringify({ questions, ...over });
  const to = `words.${world.namespace}.svc:${port}`;
  const answer = await world.kubectl('exec', 'deployment/client', '--', '/app', 'call', to, plan);
  return JSON.parse(answer) as Result[];
}

/** The port comes in once the service listens on it. */
async function comesIn(port: number, over: Partial<Plan> = {}): Promise<void> {
  await eventually(`port ${port} comes in`, { deadlineMs: 30_000 }, async () => {
    const [answer] = await ask(port, [{ kind: 'Unary', texts: ['a'], headers: mine }], over);
    expect(answer?.texts).toEqual(['service: a']);
  });
}

function calls(headers: Readonly<Record<string, string>>): Question[] {
  return [
    { kind: 'Unary', texts: ['a'], headers },
    { kind: 'Client', texts: ['a', 'b'], headers },
    { kind: 'Server', texts: ['2'], headers },
    { kind: 'Bidi', texts: ['a', 'b'], headers },
    { kind: 'Unary', texts: ['fail 9'], headers },
    { kind: 'Unary', texts: ['wait'], headers, deadlineMs: 500 },
    { kind: 'Server', texts: ['-1'], headers, cancelAfter: 1 },
  ];
}

function answers(name: string): string[][] {
  return [
    ['OK', `${name}: a`],
    ['OK', `${name}: a b`],
    ['OK', `${name}: 0`, `${name}: 1`],
    ['OK', `${name}: a`, `${name}: b`],
    ['FailedPrecondition'],
    ['DeadlineExceeded'],
    ['Canceled', `${name}: endless`],
  ];
}

test('scenario 12: gRPC calls of one connection go where their metadata say', async () => {
  await comesIn(CLEAR);
  const results = await ask(CLEAR, [...calls(mine), ...calls({}), ...calls(mine)]);
  expect(results.map(({ code, texts }) => [code, ...texts])).toEqual(
    ['service', 'target', 'service'].flatMap(answers),
  );
  expect(results[0]?.trailers).toMatchObject({ 'x-raw-bin': ['AAH/'] });
});

test("scenario 12: TLS is opened with the certificate of the pod's Secret", async () => {
  const over = { tls: true, sni: 'words.shop' };
  await comesIn(SECURE, over);
  for (const [name, headers] of [
    ['service', mine],
    ['target', {}],
  ] as const) {
    const results = await ask(
      SECURE,
      [
        { kind: 'get', path: '/', headers },
        { kind: 'get1', path: '/', headers },
        { kind: 'Bidi', texts: ['a'], headers },
      ],
      over,
    );
    expect(results.map(({ code }) => code)).toEqual(['HTTP/2.0', 'HTTP/1.1', 'OK']);
    expect(results[0]?.message).toBe('words.shop');
    expect(results[0]?.texts[0]).toContain(`"app":"${name}"`);
    expect(results[1]?.texts[0]).toContain(`"app":"${name}"`);
    expect(results[2]?.texts).toEqual([`${name}: a`]);
  }
});
