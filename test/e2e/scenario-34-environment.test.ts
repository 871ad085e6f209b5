import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const secret = `not-to-be-seen-${randomBytes(8).toString('hex')}`;
const awkward: Readonly<Record<string, string>> = {
  SECRET: secret,
  EMPTY: '',
  NEWLINES: 'first\nsecond\n\nlast\n',
  EQUALS: '=a=b==',
  DOLLARS: '$HOME $(SECRET $$ $$$ $5 $',
  QUOTES: `'"\`\\" \\n '`,
  BLANKS: '  a\tb  ',
  LETTERS: 'żółć 日本 🚀',
  'dotted.and-dashed': 'is a name too',
  // With name, = and NUL just what the kernel takes: 128 KiB.
  LONG: 'x'.repeat(131_072 - 'LONG='.length - 1),
};
const many = Array.from({ length: 500 }, (_, n) => [`V${n}`, `value ${n}`] as const);
let world: World;
let target: Pod;
let project: Project;
let upSaid: string;

beforeAll(async () => {
  world = await World.open();
  const env = [...Object.entries(awkward), ...many].map(([name, value]) => ({ name, value }));
  // A value of other bytes than UTF-8, which no manifest can hold.
  const withBytes = String.raw`import os; os.environb[b'BYTES'] = b'\xff\xfe'; os.execv('/app', ['/app'])`;
  target = await world.deploy({
    name: 'orders',
    language: 'python',
    env,
    container: { command: ['python3', '-c', withBytes] },
  });
  const xKdev = { target: 'deployment/orders', incoming: 'off' };
  project = await world.project({
    services: {
      static: composeApp({ language: 'go', xKdev }),
      musl: composeApp({ language: 'c', xKdev }),
      chosen: composeApp({
        language: 'node',
        environment: { V13: 'from compose', EMPTY: 'from compose' },
        xKdev: {
          ...xKdev,
          env: {
            include: ['V1?', 'V2*', 'SECRET'],
            exclude: ['V2?'],
            // Compose reads $$ as $ in its whole file.
            override: { V10: 'mine', NEW: 'mine too: $$5\n' },
            unset: ['V11', 'EMPTY'],
          },
        },
      }),
      plain: composeApp({ language: 'c' }),
    },
  });
  upSaid = (await project.up()).output;
});
afterAll(() => world[Symbol.asyncDispose]());

/** The value's text, or undefined where it is not set. */
async function variable(service: string, name: string): Promise<string | undefined> {
  const answer = await project.ask(service, 'GET', `/env/${name}`);
  return answer['set'] ? Buffer.from(String(answer['base64']), 'base64').toString() : undefined;
}

/** Names and values as the kernel holds them for the service's first process. */
async function environmentOf(service: string): Promise<Map<string, string>> {
  const pid = await run('docker', [
    'inspect',
    '--format',
    '{{.State.Pid}}',
    await project.container(service),
  ]);
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return new Map(
    text.split('\0').flatMap((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [] : [[entry.slice(0, equals), entry.slice(equals + 1)]];
    }),
  );
}

describe.each(['static', 'musl'])('%s', (service) => {
  test.each(Object.keys(awkward))('scenario 34: %s arrives unchanged', async (name) => {
    const inThePod = await target.ask('GET', `/env/${name}`);
    expect(inThePod['set']).toBe(true);
    expect(await project.ask(service, 'GET', `/env/${name}`)).toEqual(inThePod);
  });

  test('scenario 34: all 500 variables', async () => {
    const environment = await environmentOf(service);
    expect(many.filter(([name, value]) => environment.get(name) !== value)).toEqual([]);
  });

  test("scenario 34: Compose's own environment goes before the pod's", async () => {
    expect(await variable(service, 'NAME')).toBe('service');
  });
});

test('scenario 34: a value that Docker cannot carry is told by name, and left out', async () => {
  expect((await target.ask('GET', '/env/BYTES'))['base64']).toBe('//4=');
  expect(await variable('static', 'BYTES')).toBeUndefined();
  expect(upSaid).toContain('BYTES');
});

test('scenario 34: include, exclude, override and unset', async () => {
  const environment = await environmentOf('chosen');
  const expected: Record<string, string | undefined> = {
    V12: 'value 12',
    V200: 'value 200',
    SECRET: secret,
    // Not included, excluded.
    V1: undefined,
    V300: undefined,
    LETTERS: undefined,
    V20: undefined,
    // Given otherwise.
    V10: 'mine',
    NEW: 'mine too: $5\n',
    V13: 'from compose',
    V11: undefined,
    EMPTY: undefined,
  };
  const found = Object.keys(expected).map((name) => [name, environment.get(name)]);
  expect(Object.fromEntries(found)).toEqual(expected);
});

test('scenario 34: env.file is refused by name', async () => {
  const refusing = await world.project({
    services: {
      orders: composeApp({
        language: 'go',
        xKdev: { target: 'deployment/orders', env: { file: 'x.env' } },
      }),
    },
  });
  const { code, stderr } = await refusing.kdev(['compose', 'up', '-d']);
  expect(code).toBe(22);
  expect(stderr).toContain('KDEV2203');
  expect(stderr).toContain('env_file');
});

test('scenario 34: no value on disk, nor in what Docker tells of anything but the service', async () => {
  expect(await variable('static', 'SECRET')).toBe(secret);
  expect(await filesWith(project.folder, secret)).toEqual([]);
  const told = await Promise.all(
    ['container', 'network', 'volume'].map(async (kind) => {
      const all = kind === 'container' ? ['--all'] : [];
      const filter = `label=com.docker.compose.project=${project.name}`;
      const ids = await run('docker', [kind, 'ls', ...all, '--quiet', '--filter', filter]);
      return await Promise.all(
        ids.split('\n').map((id) => (id === '' ? '' : run('docker', [kind, 'inspect', id]))),
      );
    }),
  );
  const withSecret = told.flat().filter((text) => text.includes(secret));
  const names = withSecret.map((text) => JSON.parse(text)[0].Name).sort();
  expect(names).toEqual(
    ['chosen', 'musl', 'static'].map((service) => `/${project.name}-${service}-1`),
  );
  expect((await project.compose('config')).stdout).not.toContain(secret);
});

async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const found = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return (await readFile(file, 'utf8')).includes(text) ? [file] : [];
    }),
  );
  return found.flat();
}
