import { type ChildProcess, spawn } from 'node:child_process';
import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';
import { z } from 'zod';
import { kdevError } from '../errors/kdev-error.ts';
import { PLUGIN_PROVIDER } from './kubeconfig-file.ts';
import { CREDENTIAL_BYTES, CREDENTIAL_PLUGIN_MS, EVIDENCE_BYTES } from './limits.ts';

const pluginSpec = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().nullish(),
  interactiveMode: z.string().nullish(),
  provideClusterInfo: z.boolean().nullish(),
});
type PluginSpec = z.infer<typeof pluginSpec>;

const credential = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});
type Credential = z.infer<typeof credential>['status'];

/** A credential is renewed this long before it expires: clocks differ, and a request takes its time. */
const RENEW_BEFORE_MS = 10_000;

/**
 * Runs the credential plugin of a kubeconfig user (client.authentication.k8s.io): the library's extension point for
 * authentication. One run at a time; its answer is kept until it expires or the cluster rejects it.
 */
export class CredentialPlugin {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #cluster: Cluster;
  #held: Promise<Credential> | undefined;
  #expiresMs = 0;

  constructor(env: Readonly<Record<string, string | undefined>>, cluster: Cluster) {
    this.#env = env;
    this.#cluster = cluster;
  }

  isAuthProvider(user: User): boolean {
    return user?.authProvider?.name === PLUGIN_PROVIDER;
  }

  async applyAuthentication(
    user: User,
    options: Pick<RequestOptions, 'cert' | 'key' | 'headers'>,
  ): Promise<void> {
    if (!this.#held || Date.now() > this.#expiresMs) this.#held = this.#run(user);
    const { token, clientCertificateData, clientKeyData } = await this.#held;
    if (clientCertificateData) options.cert = clientCertificateData;
    if (clientKeyData) options.key = clientKeyData;
    if (token) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  }

  /** Forgets what the cluster rejected; says whether there was something to forget. */
  forget(): boolean {
    const held = this.#held !== undefined;
    this.#held = undefined;
    return held;
  }

  #run(user: User): Promise<Credential> {
    this.#expiresMs = Number.POSITIVE_INFINITY;
    const running = askPlugin(user, this.#env, this.#cluster);
    running.then(
      ({ expirationTimestamp }) => {
        const expires = Date.parse(expirationTimestamp ?? '');
        if (!Number.isNaN(expires)) this.#expiresMs = expires - RENEW_BEFORE_MS;
      },
      () => {
        if (this.#held === running) this.#held = undefined;
      },
    );
    return running;
  }
}

async function askPlugin(
  user: User,
  env: Readonly<Record<string, string | undefined>>,
  cluster: Cluster,
): Promise<Credential> {
  const spec = pluginSpec.safeParse(user.authProvider?.config?.plugin);
  if (!spec.success) {
    throw failure(`the credential plugin of user ${user.name} is not understood`, {
      evidence: z.prettifyError(spec.error),
    });
  }
  const plugin = spec.data;
  if (plugin.interactiveMode === 'Always') {
    throw failure(`the credential plugin ${plugin.command} works only in a terminal of its own`, {
      plugin,
    });
  }
  const { stdout } = await runPlugin(plugin, {
    ...env,
    ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: execInfo(plugin, cluster),
  });
  return parseCredential(plugin, stdout);
}

function parseCredential(plugin: PluginSpec, stdout: string): Credential {
  try {
    return credential.parse(JSON.parse(stdout)).status;
  } catch (cause) {
    // Its words may hold a token: only their length is told.
    throw failure(`the credential plugin ${plugin.command} printed no ExecCredential`, {
      plugin,
      evidence: `${stdout.length} characters of something else`,
      cause,
    });
  }
}

function execInfo(plugin: PluginSpec, cluster: Cluster): string {
  const { apiVersion, provideClusterInfo } = plugin;
  const told = {
    server: cluster.server,
    'tls-server-name': cluster.tlsServerName,
    'insecure-skip-tls-verify': cluster.skipTLSVerify || undefined,
    'certificate-authority-data': cluster.caData,
    'proxy-url': cluster.proxyUrl,
  };
  const spec = { interactive: false, ...(provideClusterInfo ? { cluster: told } : {}) };
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', spec });
}

/** It ends with the plugin, or at the deadline, whatever the plugin's own children still hold open. */
function runPlugin(
  plugin: PluginSpec,
  env: Record<string, string | undefined>,
): Promise<{ readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args ?? [], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    collect(child, said);
    const fail = (how: string, evidence: string, cause?: unknown): void => {
      clearTimeout(timer);
      reject(
        failure(`the credential plugin ${plugin.command} ${how}`, { plugin, evidence, cause }),
      );
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      fail(`did not answer within ${CREDENTIAL_PLUGIN_MS / 1000} s`, said.stderr.trim());
    }, CREDENTIAL_PLUGIN_MS);
    child.on('error', (cause) => fail('cannot be run', cause.message, cause));
    child.on('close', (status, signal) => {
      if (status === 0) {
        clearTimeout(timer);
        resolve({ stdout: said.stdout });
      } else {
        fail(
          signal ? `was ended by ${signal}` : `failed with status ${status}`,
          said.stderr.trim(),
        );
      }
    });
  });
}

function collect(child: ChildProcess, said: { stdout: string; stderr: string }): void {
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout = (said.stdout + text).slice(0, CREDENTIAL_BYTES);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr = (said.stderr + text).slice(-EVIDENCE_BYTES);
  });
}

interface FailureDetail {
  readonly plugin?: PluginSpec;
  readonly evidence?: string;
  readonly cause?: unknown;
}

function failure(fact: string, { plugin, evidence, cause }: FailureDetail): Error {
  const login = {
    who: 'you',
    text: 'log in with it, or see its own words',
    command: 'kubectl version',
  } as const;
  const install = plugin?.installHint?.trim();
  return kdevError('CREDENTIALS_REJECTED', {
    fact,
    ...(evidence ? { evidence } : {}),
    hints: install ? [{ who: 'you', text: install }, login] : [login],
    cause,
  });
}
