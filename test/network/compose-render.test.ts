import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerAsker } from '../../src/compose/ask-docker.ts';
import { flagArguments, namedServices, parseCommandLine } from '../../src/compose/command-line.ts';
import { composeFailure } from '../../src/compose/compose-failure.ts';
import { readComposeStep } from '../../src/compose/compose-progress.ts';
import { mergeEnvironment } from '../../src/compose/merge-environment.ts';
import { type ResolvedProject, readProject } from '../../src/compose/read-project.ts';
import { renderProject } from '../../src/compose/render-project.ts';
import { flagsOfReading, runCompose } from '../../src/compose/run-compose.ts';
import { namesOnlyPlan, type ServicePlan } from '../../src/compose/service-plan.ts';
import { readTemplates, type Templates } from '../../src/compose/templates.ts';
import { baseImage, buildBaseImage } from '../fixtures/base-image.ts';

/*
 * The rendering against the real Compose and Docker. The sidecar is a program that only sleeps and is always healthy:
 * what is tested is how the three containers stand together.
 */
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'kdev-render-'));
const volume = `kdev-test-files-${process.pid}`;

const templates = ((): Templates => {
  const { holder, sidecar } = readTemplates();
  const healthcheck = { ...Object(sidecar['healthcheck']), test: ['CMD', 'true'] };
  return { holder, sidecar: { ...sidecar, entrypoint: ['sleep', 'infinity'], healthcheck } };
})();

beforeAll(async () => {
  await buildBaseImage();
  await run('docker', [
    ...['volume', 'create', '--label', 'kdev.dev/session=test-render', '--driver', 'local'],
    ...['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', volume],
  ]);
});

afterAll(async () => {
  await run('docker', ['volume', 'rm', '--force', volume]);
  rmSync(folder, { recursive: true });
});

function read(directory: string, line = 'up'): Promise<ResolvedProject> {
  return readProject(parseCommandLine(line.split(' '), []), {
    directory,
    environment: process.env,
    askDocker: dockerAsker(directory, process.env),
    readStandardInput: () => Promise.reject(new Error('not asked for')),
  });
}

function planFor(service: string, others: Partial<ServicePlan> = {}): ServicePlan {
  return {
    ...namesOnlyPlan(service, baseImage),
    session: 'test-render',
    linkDirectory: folder,
    ...others,
  };
}

interface Running {
  readonly line: string;
  readonly plans: readonly ServicePlan[];
  readonly environment?: Record<string, string>;
}

/** What a command of `kdev compose` does once session and agent have answered. */
async function compose(project: ResolvedProject, { line, plans, environment = {} }: Running) {
  const commandLine = parseCommandLine(line.split(' '), []);
  const running = runCompose({
    project,
    rendered: renderProject(project, plans, templates),
    globalFlags: flagArguments(commandLine, flagsOfReading),
    command: commandLine.command ?? '',
    args: commandLine.rest,
    directory: project.directory,
    environment: { ...process.env, ...environment },
    input: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    signals: 'caller',
  });
  const [stdout = '', stderr = '', exitCode] = await Promise.all([
    running.stdout ? text(running.stdout) : '',
    running.stderr ? text(running.stderr) : '',
    running.ended,
  ]);
  return { stdout, stderr, exitCode };
}

async function must(project: ResolvedProject, running: Running): Promise<string> {
  const { stdout, stderr, exitCode } = await compose(project, running);
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

function projectFolder(name: string, files: Record<string, string>): string {
  const directory = mkdtempSync(join(folder, `${name}-`));
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(directory, file), content);
  }
  return directory;
}

/** A tmpfs volume lives as long as a container holds it, as the sidecar does. */
async function fillVolume(files: Record<string, string>): Promise<() => Promise<unknown>> {
  const writing = Object.entries(files).map(
    ([file, content]) => `mkdir -p "$(dirname /v/${file})" && echo "${content}" > /v/${file}`,
  );
  const { stdout } = await run('docker', [
    ...['run', '--detach', '--rm', '--init', '--label', 'kdev.dev/session=test-render'],
    ...['--volume', `${volume}:/v`, baseImage, 'sh', '-c', [...writing, 'sleep 600'].join(' && ')],
  ]);
  return () => run('docker', ['rm', '--force', stdout.trim()]);
}

test('values of the environment arrive unchanged; names that are unset are gone', async () => {
  const directory = projectFolder('kdev-test-env', {
    'compose.yaml': `services:
  api:
    image: ${baseImage}
    environment: { OWN: "a$$b", BOTH: compose }
    command: ["sh", "-c", "env -0 | base64 -w0"]
    x-kdev: pod/api
`,
  });
  const values: Record<string, string> = {
    LINES: 'one\ntwo\n\n three\n',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell or Compose might take for a variable
    DOLLARS: '$ $$ $HOME ${HOME} ${X:-y} $${Z}',
    QUOTES: `'"\`\\ \\n \\" #x`,
    EQUALS: '=a==b=',
    EMPTY: '',
    SPACES: '  \t ',
    UNICODE: 'grüße 世界 😀 \u2028',
    LONG: 'x'.repeat(131_000),
    BOTH: 'pod',
  };
  const pod = Buffer.from(
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  const environment = mergeEnvironment({
    pod,
    compose: new Set(['OWN', 'BOTH']),
    rules: { include: ['*'], exclude: [], override: {}, unset: ['GONE'] },
  });
  const project = await read(directory);
  const plans = [planFor('api', { environment })];
  const from = { GONE: 'of the developer' };
  const printed = await must(project, { line: 'run --rm -T api', plans, environment: from });
  await must(project, { line: 'down', plans });
  const arrived = new Map(
    Buffer.from(printed, 'base64')
      .toString()
      .split('\0')
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  for (const [name, value] of Object.entries({ ...values, BOTH: 'compose', OWN: 'a$b' })) {
    expect(arrived.get(name), name).toBe(value);
  }
  expect(arrived.has('GONE')).toBe(false);
});

test('one namespace of three containers: ports, names, hostname, files; down leaves nothing', async () => {
  const directory = projectFolder('kdev-test-net', {
    'compose.yaml': `services:
  api:
    image: ${baseImage}
    command: [sleep, infinity]
    init: true
    networks: { default: { aliases: [orders] } }
    ports: ["127.0.0.1::80"]
    extra_hosts: ["ldap:10.1.2.3"]
    x-kdev: pod/api
  web:
    image: ${baseImage}
    init: true
    command: [sleep, infinity]
    depends_on: [api]
`,
  });
  const release = await fillVolume({ 'm/0/app.conf': 'from-the-pod' });
  const project = await read(directory);
  const plans = [
    planFor('api', {
      hostname: 'api-7d9f-x2b',
      files: {
        mounts: [{ path: '/etc/app', stub: 'm/0', how: 'materialise' }],
        materialised: volume,
      },
    }),
  ];
  const exec = (words: string) => must(project, { line: `exec -T ${words}`, plans });
  try {
    const { stderr } = await compose(project, { line: '--progress plain up -d', plans });
    const states = stderr.split('\n').flatMap((line) => readComposeStep(line) ?? []);
    expect(states).toContainEqual({
      kind: 'container',
      name: `${project.name}-kdev-sidecar-api-1`,
      state: 'healthy',
      phase: 'done',
    });
    expect(await exec('api hostname')).toBe('api-7d9f-x2b\n');
    expect(await exec('api cat /etc/app/app.conf')).toBe('from-the-pod\n');
    const hosts = await exec('web getent hosts orders api');
    expect(hosts.split('\n').filter((entry) => /orders|api/.test(entry))).toHaveLength(2);
    expect(await exec('api getent hosts ldap')).toContain('10.1.2.3');
    expect(await must(project, { line: 'port kdev-net-api 80', plans })).toMatch(
      /^127\.0\.0\.1:\d+/,
    );
    const again = await compose(project, { line: '--progress plain up -d', plans });
    expect(again.stderr).not.toMatch(/Recreate|Creating/);
    const refused = await compose(project, { line: 'exec -T api touch /etc/app/x', plans });
    expect(refused.stderr).toContain('Read-only file system');
  } finally {
    await must(project, { line: '--progress quiet down', plans });
    await release();
  }
  const left = await run('docker', [
    ...['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project.name}`],
  ]);
  expect(left.stdout).toBe('');
});

test("a service that is named brings its profile, and kdev's parts of it are nobody's orphans", async () => {
  const directory = projectFolder('kdev-test-profile', {
    'compose.yaml': `x-sleep: &sleep { image: ${baseImage}, init: true, command: [sleep, infinity] }
services:
  api: { <<: *sleep, profiles: [dev], depends_on: [db], x-kdev: pod/api }
  db: { <<: *sleep, profiles: [dev] }
  web: { <<: *sleep }
`,
  });
  const project = await read(directory);
  const up = (line: string, plans: readonly ServicePlan[]) =>
    compose(project, { line: `--progress plain up -d ${line}`, plans });
  const running = () => must(project, { line: 'ps --services', plans: [] });
  try {
    await up('api', [planFor('api')]);
    expect((await running()).trim().split('\n').sort()).toEqual(
      ['api', 'db', 'kdev-net-api', 'kdev-sidecar-api'].sort(),
    );
    const { stderr } = await up('--remove-orphans', [namesOnlyPlan('api', baseImage)]);
    expect(stderr).not.toMatch(/orphan|Remov/i);
    expect(await running()).toContain('kdev-sidecar-api');
  } finally {
    await must(project, {
      line: '--profile=* --progress quiet down --timeout 0',
      plans: [namesOnlyPlan('api', baseImage)],
    });
  }
});

test("the pod's files beside the user's own mounts, and for who takes the service's volumes", async () => {
  const directory = projectFolder('kdev-test-mounts', {
    'app.conf': 'mine\n',
    'compose.yaml': `services:
  api:
    image: ${baseImage}
    init: true
    command: [sleep, infinity]
    volumes: [".:/opt/app:ro", "./app.conf:/etc/pod/app.conf:ro"]
    x-kdev: pod/api
  backup: { image: ${baseImage}, volumes_from: [api], command: [cat, /etc/pod/other.conf] }
`,
  });
  const files: ServicePlan['files'] = {
    mounts: [
      { path: '/etc/pod', stub: 'm/0', how: 'materialise' },
      { path: '/opt/app/conf', stub: 'm/1', how: 'materialise' },
    ],
    materialised: volume,
  };
  const plans = [planFor('api', { files })];
  const release = await fillVolume({ 'm/0/app.conf': "the pod's", 'm/0/other.conf': "the pod's" });
  const project = await read(directory);
  try {
    await must(project, { line: '--progress quiet up -d api', plans });
    const exec = (words: string) => must(project, { line: `exec -T api ${words}`, plans });
    expect(await exec('cat /etc/pod/app.conf /etc/pod/other.conf')).toBe("mine\nthe pod's\n");
    expect((await exec('ls /opt/app')).split('\n')).toEqual(['app.conf', 'compose.yaml', '']);
    expect(await must(project, { line: 'run --rm -T backup', plans })).toBe("the pod's\n");
  } finally {
    await must(project, { line: '--progress quiet down --timeout 0', plans });
    await release();
  }
});

test("a mount below the pod's files, where they have no place for it, has a code of its own", async () => {
  const directory = projectFolder('kdev-test-below', {
    'compose.yaml': `services:
  api: { image: ${baseImage}, command: ["true"], volumes: [".:/etc/pod/below"], x-kdev: pod/api }
`,
  });
  const mounts = [{ path: '/etc/pod', stub: 'm/0', how: 'materialise' as const }];
  const plans = [planFor('api', { files: { mounts, materialised: volume } })];
  const release = await fillVolume({ 'm/0/app.conf': "the pod's" });
  const project = await read(directory);
  try {
    const { exitCode, stderr } = await compose(project, { line: '--progress plain up -d', plans });
    expect(composeFailure({ exitCode, stderr, environment: {} })).toMatchObject({
      code: 'KDEV12303',
      fact: 'Docker finds no place for what is to be mounted at /etc/pod/below',
    });
  } finally {
    await must(project, { line: '--progress quiet down --timeout 0', plans });
    await release();
  }
});

test('a published port in use has a code of its own', async () => {
  const service = (name: string) =>
    `  ${name}:\n    image: ${baseImage}\n    init: true\n    command: [sleep, infinity]\n    ports: ["127.0.0.1:\${PORT}:80"]\n`;
  const directory = projectFolder('kdev-test-port', {
    'compose.yaml': `services:\n${service('first')}${service('api')}    x-kdev: pod/api\n    depends_on: [first]\n`,
    '.env': `PORT=${20_000 + (process.pid % 10_000)}\n`,
  });
  const project = await read(directory);
  const plans = [planFor('api')];
  expect(namedServices(parseCommandLine(['up', 'api'], []), project.active)).toEqual(['api']);
  const { exitCode, stderr } = await compose(project, { line: '--progress plain up -d', plans });
  await must(project, { line: '--progress quiet down', plans });
  expect(exitCode).not.toBe(0);
  expect(composeFailure({ exitCode, stderr, environment: {} })).toMatchObject({
    code: 'KDEV12301',
    fact: expect.stringContaining(`port ${20_000 + (process.pid % 10_000)} of this machine`),
  });
});

test("an invalid compose file is refused in Compose's own words", async () => {
  const directory = projectFolder('invalid', {
    'compose.yaml': 'services:\n  api:\n    imgae: x\n',
  });
  await expect(read(directory)).rejects.toMatchObject({
    code: 'KDEV2101',
    evidence: expect.stringContaining('imgae'),
  });
});
