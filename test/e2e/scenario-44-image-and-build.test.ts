import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
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
import { nothingLeft } from './leftovers.ts';
import { type Block, pageBlocks } from './page-blocks.ts';
import type { Project } from './project.ts';
import type { World } from './world.ts';

let world: World;
let answeredBy: Stage['answeredBy'];
let close: Stage['close'];
let page: readonly Block[];

beforeAll(async () => {
  page = await pageBlocks('devcontainers.md');
  ({ world, answeredBy, close } = await openStage());
});
afterAll(async () => {
  await close();
});

/** The page's block of this language in its section on image and build, which is the last that has one. */
function block(language: string): string {
  const found = page.findLast((one) => one.language === language);
  if (!found) throw new Error(`the page has no block of ${language}`);
  return found.text;
}

const ownImage = () => `${world.namespace}-workspace`;

describe.each(['build', 'image'])('scenario 44: a workspace of %s', (way) => {
  let project: Project;
  let workspace: Devcontainer;
  let hostPort: number;
  const up = 'devcontainer up --docker-path kdev-docker --workspace-folder .';
  const build = '"build": { "dockerfile": "Dockerfile" }';

  beforeAll(async () => {
    project = await world.project({});
    await run('rm', [`${project.folder}/compose.yaml`]);
    hostPort = await freePort();
    workspace = await Devcontainer.create(project, { kdev: world.ground.kdev });
    await workspace.write({ Dockerfile: workspaceDockerfile() });
    if (way === 'image') {
      await run('docker', ['build', '--tag', ownImage(), `${project.folder}/.devcontainer`]);
    }
    await workspace.write({
      'devcontainer.json': adapted(block('jsonc')),
      ...helloFeature,
    });
  });
  afterAll(async () => {
    await workspace.start('kdev devcontainer down').ended;
    if (way === 'image') await run('docker', ['image', 'rm', '--force', ownImage()]);
  });

  /** The page's port may be taken here; and the image that the page builds may be there already. */
  function adapted(text: string): string {
    const here = text.replaceAll('127.0.0.1:8080:', `127.0.0.1:${hostPort}:`);
    return way === 'build' ? here : here.replace(build, `"image": "${ownImage()}"`);
  }

  /** The developer's program, as they would start it in a terminal of the workspace. */
  async function startProgram(): Promise<void> {
    await workspace.exec('NAME=workspace PORTS=8080 setsid /app > /tmp/app.log 2>&1 < /dev/null &');
    await answeredBy('workspace');
  }

  async function containerId(): Promise<string> {
    const label = `label=devcontainer.local_folder=${project.folder}`;
    return await run('docker', ['ps', '--all', '--quiet', '--no-trunc', '--filter', label]);
  }

  test(`scenario 44: ${way}: init adds what kdev is told to devcontainer.json`, async () => {
    const init = 'kdev devcontainer init --target deployment/orders --incoming steal';
    const shown = await workspace.run(init);
    expect([shown.stdout, shown.stderr]).toEqual([
      adapted(block('diff')),
      expect.stringContaining('Nothing was written.'),
    ]);
    expect((await workspace.run(`${init} --yes`)).stderr).toContain('Written.');
    expect((await workspace.run(init)).stderr).toContain('Nothing is missing.');
  });

  test(`scenario 44: ${way}: up and exec: the workspace is in the pod’s place`, async () => {
    const { stdout, output } = await workspace.run(up);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'success', remoteUser: 'dev' });
    expect(output).not.toContain(password);
    await answeredBy('target-orders');
    await startProgram();
    const seen = await workspace.exec('id -un; hello; echo $DB_PASSWORD; cat /tmp/started');
    const [user, feature, variable, hostname] = seen.split('\n');
    expect([user, feature, variable]).toEqual(['dev', 'hello from a feature', password]);
    expect(hostname).toMatch(/^orders-/);
    const answer = JSON.parse(await workspace.exec('/app request GET http://peer:8080/'));
    expect(JSON.parse(answer.body).app).toBe('target-peer');
  });

  test(`scenario 44: ${way}: ports from this machine, and up again leaves it running`, async () => {
    const published = await fetch(`http://127.0.0.1:${hostPort}/`);
    expect(await published.json()).toMatchObject({ app: 'workspace' });
    // For each connection to a forwarded port VS Code runs a program in the container that connects there.
    const request = '/app request GET http://127.0.0.1:8080/';
    expect(JSON.parse(JSON.parse(await workspace.exec(request)).body).app).toBe('workspace');
    const before = await containerId();
    await workspace.run(up);
    expect(await containerId()).toBe(before);
    await answeredBy('workspace');
  });

  test(`scenario 44: ${way}: rebuild: the pod answers until the program runs again`, async () => {
    await workspace.write({ Dockerfile: workspaceDockerfile('RUN echo rebuilt > /rebuilt\n') });
    const before = await containerId();
    await workspace.run(`${up} --remove-existing-container`);
    expect(await containerId()).not.toBe(before);
    await answeredBy('target-orders');
    if (way === 'build') expect(await workspace.exec('cat /rebuilt')).toBe('rebuilt');
    await startProgram();
  });

  // Both are the same to it.
  if (way === 'build') {
    test('scenario 44: what VS Code does when it closes, and up after it', vsCodeCloses);
  }

  async function vsCodeCloses(): Promise<void> {
    const before = await containerId();
    await workspace.run(`kdev-docker stop ${before}`);
    await answeredBy('target-orders');
    await workspace.run(up);
    expect(await containerId()).toBe(before);
    await startProgram();
  }

  test(`scenario 44: ${way}: stop, and down: nothing is left`, async () => {
    const label = '{{index .Config.Labels "com.docker.compose.project"}}';
    const made = await run('docker', ['inspect', '--format', label, await containerId()]);
    await workspace.run('kdev devcontainer stop');
    await answeredBy('target-orders');
    await workspace.run('kdev devcontainer down');
    const { namespace, kubectl } = world;
    const { runtimeFolder } = project;
    await nothingLeft({ project: made, namespace, kubectl, runtimeFolder }, 20_000);
  });
});

test('scenario 44: a workspace that does not name kdev is docker’s own', async () => {
  const project = await world.project({});
  const workspace = await Devcontainer.create(project, { kdev: world.ground.kdev });
  await workspace.write({ 'devcontainer.json': `{"image": "${appImage('node')}"}` });
  const { stdout } = await workspace.run(
    'devcontainer up --docker-path kdev-docker --workspace-folder .',
  );
  const { containerId } = JSON.parse(stdout);
  const format = '{{index .Config.Labels "com.docker.compose.project"}}';
  expect(await run('docker', ['inspect', '--format', format, containerId])).toBe('');
  await workspace.run(`kdev-docker stop --time 1 ${containerId}`);
  await workspace.run(`kdev-docker rm ${containerId}`);
});
