import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConnectProxy } from '../fixtures/connect-proxy.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { type Kubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { Project } from './project.ts';
import { expectRefusal } from './refusal.ts';
import { type PodClient, World } from './world.ts';

/** The ways in which a kubeconfig gets its user in, and a proxy between; what is used expires while a session runs. */
let world: World;
let client: PodClient;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'c' })]);
  await world.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'dev' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'dev' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'dev', namespace: world.namespace }],
    },
  );
});
afterAll(() => world[Symbol.asyncDispose]());

const xKdev = { target: 'deployment/orders', incoming: 'steal' };
const newProject = () =>
  world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });

async function serviceAnswers(name = 'orders'): Promise<void> {
  await eventually('the service answers', { deadlineMs: 40_000, everyMs: 250 }, async () => {
    const { body } = await client.request({ url: `http://${name}:8080/`, timeoutMs: 5_000 });
    expect(body?.app).toBe('service');
  });
}

async function down(project: Project): Promise<void> {
  await project.compose('down', '--timeout', '1');
  await project.nothingLeft(20_000);
}

interface Held {
  /** The kubeconfig's user. */
  readonly user: object;
  /** Beside the kubeconfig. */
  readonly files: Readonly<Record<string, string>>;
}

const apiVersion = 'client.authentication.k8s.io/v1';

/** Where a token may be. */
const holders: Readonly<Record<string, (token: string) => Held>> = {
  plugin: (token) => ({
    // Relative to the kubeconfig.
    user: { exec: { apiVersion, command: './plugin', interactiveMode: 'Never' } },
    files: {
      plugin: '#!/bin/sh\ncat "$(dirname "$0")/credential.json"\n',
      'credential.json': JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } }),
    },
  }),
  file: (token) => ({ user: { tokenFile: 'token' }, files: { token } }),
  kubeconfig: (token) => ({ user: { token }, files: {} }),
};

test('a token of a plugin, in a file or in the kubeconfig is not taken any more: with the next one the session goes on', async () => {
  const all = await Promise.all(Object.keys(holders).map((name) => Login.open(name)));
  await Promise.all(all.map((login) => login.serviceAnswers()));
  await Promise.all(all.map((login) => login.expire()));
  // The API server remembers for ten seconds whom it let in.
  await eventually('the sessions say so', { deadlineMs: 90_000, everyMs: 2_000 }, async () => {
    world.way.cut();
    const notices = await Promise.all(all.map((login) => login.notices()));
    for (const one of notices) expect(one).toContain('does not accept the credentials of user');
  });
  await Promise.all(all.map((login) => login.again()));
  world.way.cut();
  await Promise.all(all.map((login) => login.serviceAnswers()));
  await Promise.all(all.map(({ project }) => project.compose('down', '--timeout', '1')));
  for (const { project } of all) await project.nothingLeft(20_000);
});

/** A user with a token of their own, and what they have brought up with it. */
class Login {
  readonly project: Project;
  readonly #name: string;
  readonly #folder: string;
  #logins = 0;

  private constructor(name: string, project: Project) {
    this.project = project;
    this.#name = name;
    this.#folder = path.join(project.folder, 'kube');
  }

  static async open(name: string): Promise<Login> {
    await world.deploy({ name: `orders-${name}`, language: 'c' });
    const xKdev = { target: `deployment/orders-${name}`, incoming: 'steal' };
    const project = await world.project({
      services: { orders: composeApp({ language: 'c', xKdev }) },
    });
    const login = new Login(name, project);
    await mkdir(path.join(project.folder, 'kube'));
    await login.again();
    const env = { KUBECONFIG: path.join(project.folder, 'kube/config') };
    const up = await project.kdev(['compose', 'up', '-d'], { env, deadlineMs: 90_000 });
    expect([up.code, up.output]).toEqual([0, expect.any(String)]);
    return login;
  }

  /** The cluster takes a token as long as the Secret is there that it is bound to. */
  async expire(): Promise<void> {
    await world.kubectl('delete', 'secret', this.#secret);
  }

  async again(): Promise<void> {
    this.#logins++;
    await world.kubectl('create', 'secret', 'generic', this.#secret);
    const bound = ['--bound-object-kind=Secret', `--bound-object-name=${this.#secret}`];
    const token = await world.kubectl('create', 'token', 'dev', ...bound);
    const { user, files } = holders[this.#name]?.(token) ?? { user: {}, files: {} };
    const config = structuredClone(world.kubeconfigContent);
    for (const entry of config.users) entry.user = { ...user };
    for (const [name, text] of Object.entries({ ...files, config: stringify(config) })) {
      await replace(path.join(this.#folder, name), text);
    }
  }

  async notices(): Promise<string> {
    const { stdout } = await this.project.kdev(['status', '-o', 'json']);
    return JSON.stringify(JSON.parse(stdout).sessions[0].services[0].notices);
  }

  async serviceAnswers(): Promise<void> {
    await serviceAnswers(`orders-${this.#name}`);
  }

  get #secret(): string {
    return `login-${this.#name}-${this.#logins}`;
  }
}

/** As those who rotate files do it: at once. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o700 });
  await rename(`${file}.new`, file);
}

test('several files, named from where kdev is run, with certificates in files of their own', async () => {
  const project = await newProject();
  const { clusters, contexts, users } = await inFiles(project.folder);
  const head = { apiVersion: 'v1', kind: 'Config' };
  const current = { 'current-context': world.ground.cluster.context };
  const files = {
    'contexts.yaml': { ...head, ...current, contexts },
    'clusters.yaml': { ...head, clusters },
    // Who comes second does not count.
    'users.yaml': { ...head, users, 'current-context': 'another', contexts: [] },
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(project.folder, 'kube', name), stringify(content));
  }
  const KUBECONFIG = ['kube/not-there.yaml', ...Object.keys(files).map((name) => `kube/${name}`)];
  const env = { KUBECONFIG: KUBECONFIG.join(':') };
  const up = await project.kdev(['compose', 'up', '-d'], { env });
  expect([up.code, up.output]).toEqual([0, expect.any(String)]);
  await serviceAnswers();
  await down(project);
});

/** The world's kubeconfig with its certificates in files beside it. */
async function inFiles(folder: string): Promise<Kubeconfig> {
  const config = structuredClone(world.kubeconfigContent);
  await mkdir(path.join(folder, 'kube'));
  const entries: Record<string, unknown>[] = [
    ...config.clusters.map(({ cluster }) => cluster),
    ...config.users.map(({ user }) => user),
  ];
  for (const entry of entries) {
    for (const key of ['certificate-authority', 'client-certificate', 'client-key']) {
      const data = entry[`${key}-data`];
      if (typeof data !== 'string') continue;
      await writeFile(path.join(folder, 'kube', `${key}.pem`), Buffer.from(data, 'base64'));
      delete entry[`${key}-data`];
      entry[key] = `${key}.pem`;
    }
  }
  expect(JSON.stringify(entries)).toContain('"client-key.pem"');
  return config;
}

test('scenario 41: a file that the kubeconfig names and that is not there', async () => {
  const file = path.join(world.folder, 'lost-certificate');
  const config = structuredClone(world.kubeconfigContent);
  for (const entry of config.users) {
    entry.user = { 'client-certificate': 'lost.pem', 'client-key': 'lost.key' };
  }
  await writeKubeconfig(file, config);
  await expectRefusal(world, {
    env: { KUBECONFIG: file },
    code: 'KDEV2401',
    exitCode: 24,
    actors: ['you can'],
    says: ['names for context', `${world.folder}/lost.pem`, 'kubectl version'],
  });
});

/** Only the proxy knows the name: what works has gone through it. */
const name = 'kube.kdev-test.invalid';

test.each([
  ['HTTPS_PROXY', '', ['pods/proxy', 'unix socket']],
  ['https_proxy', 'pods/proxy', ['port-forward', 'unix socket']],
])('through the proxy of %s, all of it, with %s refused', async (variable, refused, legs) => {
  const to = { host: '127.0.0.1', port: world.way.port };
  await using proxy = await ConnectProxy.open({ name, to, credentials: 'ada:s3cret' });
  const env = {
    KUBECONFIG: await behindProxy(),
    [variable]: `http://ada:s3cret@127.0.0.1:${proxy.port}`,
    NO_PROXY: 'other.example,10.0.0.0/8',
    KDEV_REFUSE: refused,
  };
  const project = await newProject();
  const up = await project.kdev(['compose', 'up', '-d'], { env });
  expect([up.code, up.output]).toEqual([0, expect.any(String)]);
  expect(up.output).not.toContain('s3cret');
  await serviceAnswers();
  const status = await project.kdev(['status', '-o', 'json']);
  expect(JSON.parse(status.stdout).sessions[0].services[0].pipe).toEqual({ up: true, legs });
  // What was cut comes back by the same way.
  const before = proxy.tunnels;
  world.way.cut();
  await serviceAnswers();
  expect(proxy.tunnels).toBeGreaterThan(before);
  await down(project);
});

test('scenario 41: NO_PROXY keeps to it, and the direct way is told', async () => {
  const env = {
    KUBECONFIG: await behindProxy(),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    no_proxy: '.kdev-test.invalid',
  };
  const says = [`https://${name}:6443 does not answer`, /ENOTFOUND|EAI_AGAIN/];
  const unsaid = 'by the proxy';
  await expectRefusal(world, {
    env,
    code: 'KDEV4001',
    exitCode: 40,
    actors: ['you can'],
    says,
    unsaid,
  });
});

test('scenario 41: a proxy that is down is named', async () => {
  const env = { KUBECONFIG: await behindProxy(), HTTPS_PROXY: 'http://ada:s3cret@127.0.0.1:9' };
  await expectRefusal(world, {
    env,
    code: 'KDEV4001',
    exitCode: 40,
    actors: ['you can'],
    says: ['ECONNREFUSED 127.0.0.1:9', 'by the proxy http://127.0.0.1:9 (HTTPS_PROXY)'],
    unsaid: 's3cret',
  });
});

async function behindProxy(): Promise<string> {
  const file = path.join(world.folder, 'behind-proxy');
  const config = structuredClone(world.kubeconfigContent);
  for (const { cluster } of config.clusters) cluster.server = `https://${name}:6443`;
  await writeKubeconfig(file, config);
  return file;
}
