import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mentionedLines, typedLines } from '../documents/command-lines.ts';
import { composeUses, unknownFlags } from '../documents/compose-flags.ts';
import { readPages, splitBlocks } from '../documents/pages.ts';
import { documentsTest, runs } from '../documents/who-runs.ts';
import { appImage } from '../fixtures/app-images.ts';
import { nodeBase } from '../fixtures/node-base.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import type { Ended } from './kdev-command.ts';
import type { Project } from './project.ts';
import { ProjectShell } from './project-shell.ts';
import { World } from './world.ts';

/*
 * The commands of README and docs, run as they stand there, one after the other as a new user would. What differs here from
 * the pages' world is in `here`: the namespace has another name, images come from this machine.
 */
const pages = readPages();
const readme = pages.filter(({ name }) => name === 'README.md');
let world: World;
let project: Project;
let shell: ProjectShell;
const typed: string[] = [];

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
  await writeProject();
  shell = await ProjectShell.open(project, {
    kdev: world.ground.kdev,
    more: { KDEV_IMAGE_BASE: nodeBase },
  });
  const { kubectl, kubeconfig } = world.ground.cluster;
  await shell.addProgram('kubectl', `exec "${kubectl}" --kubeconfig "${kubeconfig}" "$@"`);
});
afterAll(async () => {
  await world.kubectl('delete', 'namespace', '--ignore-not-found', here('kdev-agents'));
  await world[Symbol.asyncDispose]();
});

/** README's own compose.yaml, and beside it the plain service that the pages speak of. */
async function writeProject(): Promise<void> {
  const [block] = readme.flatMap((page) => splitBlocks(page).blocks.filter(isYaml));
  const more = `  redis: { image: "${appImage('c')}", stop_grace_period: 1s }\nname: ${project.name}\n`;
  await writeFile(path.join(project.folder, 'compose.yaml'), `${here(block?.text ?? '')}${more}`);
  await writeFile(path.join(project.folder, 'Dockerfile'), `FROM ${appImage('c')}\n`);
}

const isYaml = ({ language }: { readonly language: string }) => language === 'yaml';

/** A line of a page in this world. */
function here(line: string): string {
  return line
    .replace(/\bkdev-agents\b/g, `${world.namespace}-agents`)
    .replace(/(-n |namespace:? )shop\b/g, `$1${world.namespace}`)
    .replace(
      '--image=curlimages/curl -- curl -s ',
      `--image=${appImage('go')} --image-pull-policy=Never --command -- /app request GET `,
    );
}

/** Types a line that stands on a page and must succeed. */
async function type(line: string): Promise<Ended> {
  const stands = pages.flatMap(typedLines).some(({ text }) => text === line);
  if (!stands) throw new Error(`no page has the line ${line}`);
  typed.push(line);
  return await shell.run(here(line));
}

test('documents: README: the image is built', async () => {
  await type('kdev image build');
});

test('documents: README: up, a request from inside the cluster, status', async () => {
  expect((await type('kdev doctor')).stdout).toContain('Nothing stands in the way');
  const { stderr } = await type('kdev compose up -d');
  expect(stderr).toContain(`orders now answers for deployment/orders:8080 in ${world.namespace}`);
  await eventually('the service answers', { deadlineMs: 15_000 }, async () => {
    const request =
      'kubectl -n shop run try --rm -i --restart=Never --image=curlimages/curl -- curl -s http://orders:8080/';
    expect((await type(request)).stdout).toContain('\\"language\\":\\"c\\"');
  });
  expect((await type('kdev status')).stdout).toMatch(
    /^orders +stealing :8080 of deployment\/orders/m,
  );
});

test('documents: docs/commands.md: what its transcripts ask, and the kind of answer that they show', async () => {
  expect((await type('kdev ls -n shop')).stdout).toMatch(
    /^deployment\/orders +1\/1 +8080 .* steals :8080/m,
  );
  expect((await type('kdev env orders')).stdout).toMatch(/^DB_PASSWORD +\*{8} +pod$/m);
  const view = await type('kdev config view orders --origin --context kind-prod');
  expect(view.stdout).toMatch(/^orders +target +deployment\/orders +x-kdev in compose.yaml:\d+$/m);
  expect(view.stdout).toMatch(/^orders +context +kind-prod +--context$/m);
  expect((await type('kdev explain orders postgres:5432')).stdout).toMatch(
    /^postgres = [\d.]+ \(the pod's resolver.*\n.* leaves from pod orders-.*connect: ok/,
  );
  expect((await type('kdev explain orders redis')).stdout).toMatch(
    /Docker's resolver.*\n.* stays on this machine/,
  );
  expect((await type('kdev explain orders /etc/app/app.conf')).stdout).toMatch(
    /is of pod orders-.*\nin the pod: a file of 6 bytes/,
  );
  const { stdout } = await type('kdev logs orders');
  for (const part of ['session', 'agent orders', 'sidecar orders']) expect(stdout).toContain(part);
});

test('documents: docs/cluster.md: what an admin types', async () => {
  const all = 'kubectl get jobs,secrets --all-namespaces -l app.kubernetes.io/managed-by=kdev';
  expect((await type(all)).stdout).toMatch(/job.batch\/kdev-agent-\S+-orders-/);
  await type(
    'kubectl label namespace shop pod-security.kubernetes.io/enforce=privileged --overwrite',
  );
  await type('kubectl create namespace kdev-agents');
  await type('kubectl label namespace kdev-agents pod-security.kubernetes.io/enforce=privileged');
  await type(
    'kubectl create rolebinding kdev --clusterrole edit --group developers -n kdev-agents',
  );
});

test('documents: README: down, and nothing is left', async () => {
  await type('kdev compose down');
  await project.nothingLeft(10_000);
  await type('kdev clean');
});

test('documents: every line that this test is said to run was run', () => {
  const mine = runs.filter(({ by }) => by === documentsTest).flatMap(({ lines }) => lines);
  expect([...new Set(typed)].sort()).toEqual([...mine].sort());
});

test('documents: Compose has every command and flag that the pages use', async () => {
  const lines = pages.flatMap((page) => [...typedLines(page), ...mentionedLines(page)]);
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
