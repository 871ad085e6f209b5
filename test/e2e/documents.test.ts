import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mentionedLines, typedLines } from '../documents/command-lines.ts';
import { composeUses, unknownFlags } from '../documents/compose-flags.ts';
import type { Block } from '../documents/pages.ts';
import { documentsTest, runs } from '../documents/who-runs.ts';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import { PageReader } from './page-reader.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

/* The commands of README and docs, typed one after the other as a new user would. */
let world: World;
let project: Project;
let reader: PageReader;
let beginner: PageReader;

beforeAll(async () => {
  world = await World.open();
  await world.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf' },
    data: { 'app.conf': 'a = b\n' },
  });
  await Promise.all([
    world.deploy({
      name: 'orders',
      language: 'go',
      env: [{ name: 'DB_PASSWORD', value: 'not-to-be-seen' }],
      container: { volumeMounts: [{ name: 'conf', mountPath: '/etc/app' }] },
      pod: { volumes: [{ name: 'conf', configMap: { name: 'conf' } }] },
    }),
    world.deploy({ name: 'postgres', language: 'go', ports: [8080, 5432] }),
  ]);
  project = await world.project({});
  reader = await PageReader.at(world, project);
  await writeProject();
});
afterAll(async () => {
  // Where the test of kdev run came to its end, there is none.
  await reader.run('kdev stop || true');
  await world.kubectl('delete', 'namespace', '--ignore-not-found', reader.here('kdev-agents'));
  await world[Symbol.asyncDispose]();
});

/** README's own compose.yaml, and beside it the plain services that the pages speak of. */
async function writeProject(): Promise<void> {
  const [block] = reader.yamlBlocks('README.md');
  const more = [
    `  redis: { image: "${appImage('c')}", stop_grace_period: 1s }`,
    `  tests: { image: "${appImage('go')}", command: [request, GET, "http://orders:8080/"], profiles: [tests] }\n`,
  ].join('\n');
  const file = path.join(project.folder, 'compose.yaml');
  await writeFile(file, `${reader.here(block?.text ?? '')}${more}`);
  await writeFile(path.join(project.folder, 'Dockerfile'), `FROM ${appImage('c')}\n`);
}

/** In the answer of the service's app, within the request's JSON. */
const byTheService = '\\"language\\":\\"c\\"';

test('documents: README: the image is built', async () => {
  await reader.type('kdev image build');
});

test('documents: README: up, a request from inside the cluster, status', async () => {
  expect((await reader.type('kdev doctor')).stdout).toContain('Nothing stands in the way');
  const { stderr } = await reader.type('kdev compose up -d');
  expect(stderr).toContain(`orders now answers for deployment/orders:8080 in ${world.namespace}`);
  await eventually('the service answers', { deadlineMs: 15_000 }, async () => {
    const request =
      'kubectl -n shop run try --rm -i --restart=Never --image=curlimages/curl -- curl -s http://orders:8080/';
    expect((await reader.type(request)).stdout).toContain(byTheService);
  });
  expect((await reader.type('kdev status')).stdout).toMatch(
    /^orders +stealing :8080 of deployment\/orders/m,
  );
});

test('documents: docs/commands.md: what its transcripts ask, and the kind of answer that they show', async () => {
  const answers: readonly (readonly [line: string, answer: RegExp])[] = [
    ['kdev ls -n shop', /^deployment\/orders +1\/1 +8080 .* steals :8080/m],
    ['kdev env orders', /^DB_PASSWORD +\*{8} +pod$/m],
    [
      'kdev config view orders --origin --context kind-prod',
      /^orders +target +deployment\/orders +x-kdev in compose.yaml:\d+\norders +context +kind-prod +--context$/m,
    ],
    [
      'kdev explain orders postgres:5432',
      /^postgres = [\d.]+ \(the pod's resolver.*\n.* leaves from pod orders-.*connect: ok/,
    ],
    ['kdev explain orders redis', /Docker's resolver.*\n.* stays on this machine/],
    ['kdev explain orders /etc/app/app.conf', /is of pod orders-.*\nin the pod: a file of 6 bytes/],
    ['kdev logs orders', /^session +\|.*^sidecar orders \|/ms],
  ];
  for (const [line, answer] of answers) {
    expect((await reader.type(line)).stdout, line).toMatch(answer);
  }
  const gathered = await reader.type('kdev gather-logs');
  expect(gathered.output).toMatch(/kdev-logs-.*\.tar\.gz(.|\n)*-session\.log/);
  await mkdir(path.join(project.folder, '.config/fish/completions'), { recursive: true });
  await reader.type('kdev completion fish > ~/.config/fish/completions/kdev.fish');
});

test('documents: docs/cluster.md: what an admin types', async () => {
  const all = 'kubectl get jobs,secrets --all-namespaces -l app.kubernetes.io/managed-by=kdev';
  expect((await reader.type(all)).stdout).toMatch(/job.batch\/kdev-agent-\S+-orders-/);
  await reader.type(
    'kubectl label namespace shop pod-security.kubernetes.io/enforce=privileged --overwrite',
  );
  await reader.type('kubectl create namespace kdev-agents');
  await reader.type(
    'kubectl label namespace kdev-agents pod-security.kubernetes.io/enforce=privileged',
  );
  await reader.type(
    'kubectl create rolebinding kdev --clusterrole edit --group developers -n kdev-agents',
  );
});

test('documents: docs/recipes.md: the steps of a job', async () => {
  await reader.type('kdev compose up -d --wait');
  expect((await reader.type('kdev compose run --rm tests')).stdout).toContain(byTheService);
});

test('documents: README: down, and nothing is left', async () => {
  await reader.type('kdev compose down');
  await project.nothingLeft(10_000);
  await reader.type('kdev compose down --volumes');
  await reader.type('kdev clean');
});

test('documents: docs/commands.md: kdev run, exec and stop', async () => {
  await writeFile(path.join(project.folder, 'dev.env'), 'PORTS=8080\n');
  const shell = await reader.typeOnTerminal(
    'kdev run --target deployment/orders --incoming steal -it --rm -v .:/src -w /src node:24 bash',
    'ls; echo $DB_PASSWORD',
  );
  expect(shell.output).toMatch(/dev\.env[\s\S]*not-to-be-seen/);
  await reader.type(
    'kdev run --target deployment/orders --incoming steal -d -p 8080:8080 --env-file dev.env orders:dev',
  );
  const { output } = await reader.typeOnTerminal('kdev exec -it orders sh', 'echo $DB_PASSWORD');
  expect(output).toContain('not-to-be-seen');
  await reader.type('kdev stop orders');
  await project.nothingLeft(10_000);
});

test('documents: docs/getting-started.md: from nothing to an answer of this machine', async () => {
  const folder = await world.project({});
  beginner = await PageReader.at(world, folder);
  await rm(path.join(folder.folder, 'compose.yaml'));
  for (const line of [
    'kubectl create deployment hello --image=python:3-slim --port=8080 -- python3 -m http.server 8080',
    'kubectl expose deployment hello --port=8080',
    'kubectl create deployment caller --image=python:3-slim -- sleep infinity',
    'kubectl rollout status deployment/hello',
    'kubectl rollout status deployment/caller',
    'mkdir site && echo "hello from my machine" > site/index.html',
  ])
    await beginner.type(line);
  const [block] = beginner.yamlBlocks('docs/getting-started.md');
  await writeFile(path.join(folder.folder, 'compose.yaml'), beginner.here(block?.text ?? ''));
  const init = await beginner.type('kdev init --incoming steal', '--yes');
  expect(init.output).toContain('target: deployment/hello');
  await beginner.type('kdev compose up -d');
  await eventually('the service answers', { deadlineMs: 15_000 }, async () => {
    const request = `kubectl exec deployment/caller -- python3 -c 'import urllib.request as r; print(r.urlopen("http://hello:8080/").read().decode())'`;
    expect((await beginner.type(request)).stdout).toContain('hello from my machine');
  });
  await beginner.type('kdev status');
  expect((await beginner.type('kdev doctor')).stdout).toContain('Nothing stands in the way');
  await beginner.type('kdev compose down');
  await folder.nothingLeft(10_000);
  await beginner.type('kubectl delete deployment,service hello');
  await beginner.type('kubectl delete deployment caller');
});

test('documents: every line that this test is said to run was run', () => {
  const mine = runs.filter(({ by }) => by === documentsTest).flatMap(({ lines }) => lines);
  const typed = new Set([...reader.typed, ...beginner.typed]);
  expect([...typed].sort()).toEqual([...mine].sort());
});

test('documents: Compose has every command and flag that the pages use', async () => {
  const lines = reader.pages.flatMap((page) => [...typedLines(page), ...mentionedLines(page)]);
  const uses = lines.flatMap(({ text }) => composeUses(text));
  const helps = new Map<string, string>();
  for (const command of new Set(uses.map((use) => use.command))) {
    const words = ['compose', ...(command === '' ? [] : [command]), '--help'];
    helps.set(command, await run('docker', words));
  }
  for (const use of uses) {
    expect([use.command, ...unknownFlags(use, helps.get(use.command) ?? '')]).toEqual([
      use.command,
    ]);
  }
});

test('documents: Compose and kdev take every compose file of the pages', async () => {
  const files = reader.yamlBlocks().filter(({ text }) => /^services:/m.test(text));
  expect(files.length).toBeGreaterThan(10);
  const look = async ({ page, line, text }: Block) => {
    const file = `at-${page.replace(/\W/g, '-')}-${line}.yaml`;
    await writeFile(path.join(project.folder, file), text);
    const { stdout } = await reader.run(`kdev compose -f ${file} config`);
    return { page, line, isPlanned: stdout.includes('kdev-sidecar-') };
  };
  expect(await Promise.all(files.map(look))).toEqual(
    files.map(({ page, line, text }) => ({ page, line, isPlanned: text.includes('x-kdev') })),
  );
});
