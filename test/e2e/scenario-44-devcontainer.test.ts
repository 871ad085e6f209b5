import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import {
  Devcontainer,
  helloFeature,
  openStage,
  password,
  type Stage,
  workspaceDockerfile,
} from './devcontainer.ts';
import { freePort } from './free-port.ts';
import { type Block, pageBlocks } from './page-blocks.ts';
import type { Project } from './project.ts';
import type { World } from './world.ts';

let world: World;
let answeredBy: Stage['answeredBy'];
let close: Stage['close'];
let project: Project;
let workspace: Devcontainer;
let page: readonly Block[];
let hostPort: number;

beforeAll(async () => {
  page = await pageBlocks('devcontainers.md');
  ({ world, answeredBy, close } = await openStage());
  project = await world.project({});
  await run('rm', [`${project.folder}/compose.yaml`]);
  hostPort = await freePort();
  workspace = await Devcontainer.create(project, {
    kdev: world.ground.kdev,
    more: { COMPOSE_PROJECT_NAME: project.name },
  });
  await workspace.write({
    Dockerfile: workspaceDockerfile(),
    'compose.yaml': onFreePort(block('yaml')),
    'devcontainer.json': block('jsonc'),
    ...helloFeature,
  });
});
afterAll(async () => {
  await close(`${project.name}-dev`);
});

/** The page's port may be taken here. */
function onFreePort(text: string): string {
  return text.replaceAll('127.0.0.1:8080:', `127.0.0.1:${hostPort}:`);
}

function block(language: string): string {
  const found = page.find((one) => one.language === language);
  if (!found) throw new Error(`the page has no block of ${language}`);
  return found.text;
}

/** The page's line that begins with these words. */
function line(words: string, others = ''): string {
  const lines = page
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'));
  const found = lines.find((one) => one.startsWith(words) && one.endsWith(others));
  if (!found) throw new Error(`the page has no line ${words} … ${others}`);
  return found;
}

const up = () => workspace.run(line('devcontainer up', '--workspace-folder .'));

/** The developer's program, as they would start it in a terminal of the workspace. */
async function startProgram(): Promise<void> {
  await workspace.exec('NAME=workspace PORTS=8080 setsid /app > /tmp/app.log 2>&1 < /dev/null &');
  await answeredBy('workspace');
}

test('scenario 44: init shows what it would write, and writes nothing without a yes', async () => {
  const { stdout, stderr } = await workspace.run(line('kdev devcontainer init'));
  expect(stdout).toBe(onFreePort(block('diff')));
  expect(stderr).toContain('Nothing was written.');
  const started = await workspace.run('cat .devcontainer/*.json .devcontainer/*.yaml');
  expect(started.stdout).not.toContain('kdev');
});

test('scenario 44: init --yes writes it, and has nothing to do the second time', async () => {
  const init = `${line('kdev devcontainer init')} --yes`;
  expect((await workspace.run(init)).stderr).toContain('Written.');
  const again = await workspace.run(init);
  expect([again.stdout, again.stderr]).toEqual([
    '',
    expect.stringContaining('Nothing is missing.'),
  ]);
});

test('scenario 44: without kdev-docker the workspace does not start', async () => {
  const ended = await workspace.start('devcontainer up --workspace-folder .').ended;
  expect(ended.code).toBe(1);
  expect(ended.output).toContain('error[KDEV2501]');
  expect(ended.output).toContain('devcontainer up --docker-path kdev-docker');
  expect(await project.leftovers()).toEqual([]);
});

test('scenario 44: devcontainer up: the workspace is in the pod’s place', async () => {
  const { stdout, output } = await up();
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'success', remoteUser: 'dev' });
  expect(output).not.toContain(password);
  await answeredBy('target-orders');
  await startProgram();
});

test('scenario 44: devcontainer exec: variables, names and network of the pod, as remoteUser', async () => {
  const { stdout } = await workspace.run(line('devcontainer exec'));
  expect(stdout).toContain(`DB_PASSWORD=${password}`);
  expect(await workspace.exec('id -un; hello')).toBe('dev\nhello from a feature');
  const answer = JSON.parse(await workspace.exec('/app request GET http://peer:8080/'));
  expect(JSON.parse(answer.body).app).toBe('target-peer');
});

test('scenario 44: postStartCommand has run in the pod’s place', async () => {
  expect(await workspace.exec('cat /tmp/started')).toMatch(/^orders-/);
});

test('scenario 44: ports from this machine: published, and forwarded as VS Code does it', async () => {
  const published = await fetch(`http://127.0.0.1:${hostPort}/`);
  expect(await published.json()).toMatchObject({ app: 'workspace' });
  // For each connection to a forwarded port it runs a program in the container that connects there.
  const request = '/app request GET http://127.0.0.1:8080/';
  expect(JSON.parse(JSON.parse(await workspace.exec(request)).body).app).toBe('workspace');
});

test('scenario 44: no value of the pod is in a file of kdev, of the CLI or of the workspace', async () => {
  const found = workspace.start(
    `grep --recursive --devices=skip --files-with-matches ${password} .`,
  );
  expect((await found.ended).output).toBe('');
});

test('scenario 44: up again leaves it running', async () => {
  const before = await project.container('dev');
  await up();
  expect(await project.container('dev')).toBe(before);
  await answeredBy('workspace');
});

test('scenario 44: rebuild: the pod answers until the program runs again', async () => {
  await workspace.write({ Dockerfile: workspaceDockerfile('RUN echo rebuilt > /rebuilt\n') });
  const before = await project.container('dev');
  await workspace.run(line('devcontainer up', '--remove-existing-container'));
  expect(await project.container('dev')).not.toBe(before);
  expect(await workspace.exec('cat /rebuilt; hello')).toBe('rebuilt\nhello from a feature');
  await answeredBy('target-orders');
  await startProgram();
});

test('scenario 44: what VS Code does when it closes, and up after it', async () => {
  const files = '-f .devcontainer/compose.yaml';
  await workspace.run(`kdev-docker compose --project-name ${project.name} ${files} stop`);
  await answeredBy('target-orders');
  await up();
  await startProgram();
});

test('scenario 44: stop, and down: nothing is left', async () => {
  await workspace.run(line('kdev devcontainer stop'));
  await answeredBy('target-orders');
  await workspace.run(line('kdev devcontainer down'));
  await project.nothingLeft(20_000);
});

test('scenario 44: a project without a name has the one that the CLI gives it', async () => {
  const named = await Devcontainer.create(await world.project({}), { kdev: world.ground.kdev });
  await named.write({
    'compose.yaml': `services:\n  dev:\n    image: ${project.name}-dev\n    x-kdev:\n      target: deployment/orders\n`,
    'devcontainer.json': '{"dockerComposeFile": "compose.yaml", "service": "dev"}',
  });
  const { stdout } = await named.run(line('devcontainer up', '--workspace-folder .'));
  const { composeProjectName, containerId } = JSON.parse(stdout);
  expect(composeProjectName).toBe('p1_devcontainer');
  await named.run(line('kdev devcontainer down'));
  const left = await run('docker', ['ps', '--all', '--quiet', '--filter', `id=${containerId}`]);
  expect(left).toBe('');
});
