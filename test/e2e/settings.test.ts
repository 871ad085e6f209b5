import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { composeApp } from './compose-app.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

let world: World;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  // The kubeconfig leads elsewhere: only the project says where.
  const { contexts, ...rest } = world.kubeconfigContent;
  await writeKubeconfig(world.kubeconfig, {
    ...rest,
    contexts: contexts.map(({ name, context }) => {
      return { name, context: { ...context, namespace: 'default' } };
    }),
  });
  project = await world.project({
    'x-kdev': { namespace: world.namespace },
    services: { orders: composeApp({ language: 'c', xKdev: { target: 'deployment/orders' } }) },
  });
});
afterAll(() => world[Symbol.asyncDispose]());

async function writeUserFile(text: string): Promise<void> {
  const folder = path.join(project.folder, '.config/kdev');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'config.yaml'), text);
}

/** Without the line breaks of a narrow screen. */
function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function settings(...args: string[]) {
  const { code, stdout, stderr } = await project.kdev(['config', 'view', ...args, '-o', 'json']);
  expect([code, stderr]).toEqual([0, '']);
  const found: readonly { key: string; value: unknown; where: string }[] =
    JSON.parse(stdout).settings;
  return new Map(found.map(({ key, value, where }) => [key, [value, where]]));
}

test('kdev config view: flag, variable, service, project, user file and default, each with its place', async () => {
  await writeUserFile(stringify({ agent: { namespace: 'agents' }, namespace: 'not-this' }));
  const found = await settings('--incoming', 'off');
  expect(Object.fromEntries(found)).toMatchObject({
    'incoming.mode': ['off', '--incoming'],
    'agent.image': [world.ground.image, 'KDEV_IMAGE'],
    target: ['deployment/orders', expect.stringMatching(/^x-kdev in compose\.yaml:\d+$/)],
    namespace: [world.namespace, expect.stringMatching(/^x-kdev in compose\.yaml:\d+$/)],
    'agent.namespace': ['agents', '~/.config/kdev/config.yaml:2'],
    'agent.mode': ['auto', 'default'],
  });
  const { stdout } = await project.kdev(['config', 'view', 'orders', '--origin']);
  expect(stdout).toMatch(/^SERVICE +SETTING +VALUE +FROM$/m);
  expect(stdout).toMatch(/^orders +incoming.mode +mirror +default$/m);
});

test("kdev ls goes where the project's x-kdev says, and where a flag says otherwise", async () => {
  const listed = await project.kdev(['ls']);
  expect([listed.code, listed.stderr]).toEqual([
    0,
    expect.stringMatching(`namespace ${world.namespace} \\(x-kdev in compose.yaml:\\d+\\)`),
  ]);
  const flagged = await project.kdev(['ls', '-n', 'default', '-o', 'json']);
  expect(JSON.parse(flagged.stdout).namespace).toBe('default');
  const quiet = await project.kdev(['ls', '--quiet']);
  expect([quiet.code, quiet.stderr]).toEqual([0, expect.not.stringContaining('namespace')]);
});

test.each([
  {
    text: 'a: [',
    code: 'KDEV2205',
    fact: 'cannot read your settings in ~/.config/kdev/config.yaml',
  },
  {
    text: 'contxt: kind-dev',
    code: 'KDEV2201',
    fact: 'contxt in ~/.config/kdev/config.yaml:1 is not a key',
  },
])('your own settings are refused where they are wrong: $text', async ({ text, code, fact }) => {
  await writeUserFile(text);
  const ended = await project.kdev(['config', 'view']);
  expect([ended.code, ended.stdout]).toEqual([22, '']);
  expect(words(ended.stderr)).toContain(`error[${code}]`);
  expect(words(ended.stderr)).toContain(fact);
  await writeUserFile('');
});

test('a slip in the name of a variable is refused with the nearest', async () => {
  const ended = await project.kdev(['ls'], { env: { KDEV_NAMSPACE: 'x' } });
  expect([ended.code, words(ended.stderr)]).toEqual([
    22,
    expect.stringMatching(/KDEV2204. KDEV_NAMSPACE is no .*did you mean KDEV_NAMESPACE\?/),
  ]);
  const other = await project.kdev(['config', 'view'], { env: { KDEV_BASEDIR: '/src' } });
  expect([other.code, other.stderr]).toEqual([0, expect.stringContaining('KDEV_BASEDIR')]);
});
