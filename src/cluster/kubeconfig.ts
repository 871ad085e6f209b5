import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { kdevError } from '../errors/kdev-error.ts';
import { nearestName } from '../errors/nearest-name.ts';
import type { Chosen } from './chosen.ts';
import { CredentialPlugin } from './credential-plugin.ts';
import { asLibraryConfig } from './kubeconfig-file.ts';
import { offerNames } from './offered-names.ts';
import { proxyFromEnvironment } from './proxy-from-environment.ts';
import { TokenFile } from './token-file.ts';

/** What the caller knows; what is left out comes from the kubeconfig, as kubectl does it. */
export interface ClusterChoice {
  readonly context?: Chosen;
  readonly namespace?: Chosen;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Kubeconfig {
  readonly context: Chosen;
  readonly namespace: Chosen;
  readonly server: string;
  /** The proxy between, without its password. */
  readonly proxy: Chosen | undefined;
  readonly user: string;
  readonly files: readonly string[];
  readonly library: KubeConfig;
  readonly plugin: CredentialPlugin;
}

/** Reads the kubeconfig files and picks the context. Nothing is asked of the cluster. */
export function readKubeconfig(choice: ClusterChoice): Kubeconfig {
  const files = kubeconfigFiles(choice.env);
  const library = mergeFiles(files, choice.env);
  const context = choice.context ?? currentContext(library, files);
  const known = library.getContextObject(context.value);
  if (!known) throw unknownContext(context, library, files);
  library.setCurrentContext(context.value);
  const cluster = library.getCurrentCluster();
  if (!cluster) throw dangling(files, `context ${context.value} names cluster ${known.cluster}`);
  if (!library.getCurrentUser()) {
    throw dangling(files, `context ${context.value} names user ${known.user}`);
  }
  const plugin = new CredentialPlugin(choice.env, cluster);
  library.addAuthenticator(plugin);
  library.addAuthenticator(new TokenFile());
  return {
    context,
    namespace: choice.namespace ?? namespaceOf(known.namespace, context.value),
    server: cluster.server,
    proxy: proxyOf(cluster, choice.env),
    user: known.user,
    files,
    library,
    plugin,
  };
}

/** The names of all contexts; nothing is asked of a cluster. */
export function listContexts(env: ClusterChoice['env']): readonly string[] {
  return contextNames(mergeFiles(kubeconfigFiles(env), env));
}

/** As kubectl finds them: KUBECONFIG's list without the files that are absent, else ~/.kube/config. */
export function kubeconfigFiles(env: ClusterChoice['env']): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const home = env['HOME'] ?? env['USERPROFILE'];
  const wanted = listed.length > 0 ? listed : home ? [join(home, '.kube', 'config')] : [];
  const files = [...new Set(wanted)].filter((file) => existsSync(file));
  if (files.length > 0) return files;
  throw kdevError('KUBECONFIG_UNREADABLE', {
    fact: wanted.length > 0 ? `there is no ${wanted.join(', ')}` : 'there is no kubeconfig',
    hints: [
      {
        who: 'you',
        text: 'name your kubeconfig',
        command: 'export KUBECONFIG=/path/to/kubeconfig',
      },
      { who: 'you', text: 'see whether kubectl has one', command: 'kubectl config view --minify' },
    ],
  });
}

/** The first file that sets a value or defines a name wins. */
function mergeFiles(files: readonly string[], env: ClusterChoice['env']): KubeConfig {
  const parts = files.map(readFile);
  const first = <T extends { readonly name: string }>(lists: readonly T[][]): T[] => [
    ...new Map(
      lists
        .flat()
        .reverse()
        .map((item) => [item.name, item]),
    ).values(),
  ];
  const merged = new KubeConfig();
  merged.loadFromOptions({
    clusters: first(parts.map((part) => part.getClusters())).map((cluster) => {
      const proxyUrl = cluster.proxyUrl ?? proxyFromEnvironment(cluster.server, env)?.value;
      return proxyUrl === undefined ? cluster : { ...cluster, proxyUrl };
    }),
    users: first(parts.map((part) => part.getUsers())),
    contexts: first(parts.map((part) => part.getContexts())),
    currentContext: parts.map((part) => part.getCurrentContext()).find(Boolean) ?? '',
  });
  return merged;
}

function readFile(file: string): KubeConfig {
  try {
    const part = new KubeConfig();
    part.loadFromString(JSON.stringify(asLibraryConfig(readFileSync(file, 'utf8'), file)));
    return part;
  } catch (cause) {
    throw kdevError('KUBECONFIG_UNREADABLE', {
      fact: `${file} is no kubeconfig that kdev can read`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      hints: [
        {
          who: 'you',
          text: 'see what kubectl makes of it',
          command: `kubectl --kubeconfig ${file} config view`,
        },
      ],
      cause,
    });
  }
}

function proxyOf({ proxyUrl, server }: Cluster, env: ClusterChoice['env']): Chosen | undefined {
  if (!proxyUrl) return undefined;
  const value = proxyUrl.replace(/^([a-z0-9]+:\/\/)[^/]*@/i, '$1');
  const named = proxyFromEnvironment(server, env);
  return { value, from: named?.value === proxyUrl ? named.from : 'proxy-url in the kubeconfig' };
}

function currentContext(library: KubeConfig, files: readonly string[]): Chosen {
  const value = library.getCurrentContext();
  if (value) return { value, from: 'kubeconfig current-context' };
  throw kdevError('CONTEXT_UNKNOWN', {
    fact: `${files.join(', ')} sets no current context`,
    evidence: contextList(library),
    hints: [
      { who: 'you', text: 'name one for this command', command: 'kdev compose --context NAME up' },
      { who: 'you', text: 'or for every tool', command: 'kubectl config use-context NAME' },
    ],
  });
}

function unknownContext(
  { value, from }: Chosen,
  library: KubeConfig,
  files: readonly string[],
): Error {
  const nearest = nearestName(value, contextNames(library));
  return kdevError('CONTEXT_UNKNOWN', {
    fact: `the kubeconfig has no context ${value} (${from})`,
    evidence: `${contextList(library, value)}\nread: ${files.join(', ')}`,
    hints: nearest
      ? [{ who: 'you', text: `meant ${nearest}?`, command: `kdev compose --context ${nearest} up` }]
      : [{ who: 'you', text: 'see all contexts', command: 'kubectl config get-contexts' }],
  });
}

function contextList(library: KubeConfig, wanted = ''): string {
  return offerNames(wanted, contextNames(library), 'contexts');
}

function contextNames(library: KubeConfig): readonly string[] {
  return library.getContexts().map(({ name }) => name);
}

function dangling(files: readonly string[], what: string): Error {
  return kdevError('KUBECONFIG_UNREADABLE', {
    fact: `${what}, which the kubeconfig does not define`,
    evidence: `read: ${files.join(', ')}`,
    hints: [{ who: 'you', text: 'see what kubectl knows', command: 'kubectl config view' }],
  });
}

function namespaceOf(namespace: string | undefined, context: string): Chosen {
  return namespace
    ? { value: namespace, from: `kubeconfig context ${context}` }
    : { value: 'default', from: 'default' };
}
