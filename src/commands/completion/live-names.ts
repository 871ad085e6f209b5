import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Cluster } from '../../cluster/cluster.ts';
import { shells } from '../forms/completion-form.ts';
import type { Candidate, Completion, Given, Wanted } from './what-to-complete.ts';

type Ask = (given: Given, signal: AbortSignal) => Promise<readonly Candidate[]>;

/** By what stands in the brackets of an option or a word. */
const asked: Readonly<Record<string, Ask>> = {
  shell: () => Promise.resolve(asCandidates(shells)),
  context: contexts,
  namespace: namespaces,
  target: targets,
  service: services,
  run: runs,
  image: images,
};

/** Names that are now there. */
export async function liveNames(
  { kind, prefix, given }: Extract<Wanted, { readonly what: 'names' }>,
  signal: AbortSignal,
): Promise<Completion> {
  if (kind === 'file') return { candidates: [], directive: 'files' };
  if (kind === 'folder') return { candidates: [], directive: 'folders' };
  const found = await askAll(kind.split('|'), given, signal);
  return { candidates: found.map(({ word, ...rest }) => ({ word: prefix + word, ...rest })) };
}

/** Of several kinds those that are to be had: one without a compose file still has a cluster. */
async function askAll(
  kinds: readonly string[],
  given: Given,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const asks = kinds.flatMap((kind) => (Object.hasOwn(asked, kind) ? (asked[kind] ?? []) : []));
  const answers = await Promise.allSettled(asks.map((ask) => ask(given, signal)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

async function contexts(): Promise<readonly Candidate[]> {
  const { listContexts } = await import('../../cluster/kubeconfig.ts');
  return asCandidates(listContexts(process.env));
}

async function namespaces(given: Given, signal: AbortSignal): Promise<readonly Candidate[]> {
  const { listNames } = await import('../../cluster/list-names.ts');
  return await inCluster(given, async (cluster) => {
    return asCandidates((await listNames(cluster, '/api/v1/namespaces', signal)) ?? []);
  });
}

async function targets(given: Given, signal: AbortSignal): Promise<readonly Candidate[]> {
  const { listTargets } = await import('../../cluster/list-targets.ts');
  return await inCluster(given, async (cluster) => {
    const { targets: all } = await listTargets(cluster, signal);
    const usable = all.filter(({ isSupported }) => isSupported);
    return usable.map(({ target, readyPods, pods }) => {
      return { word: target, about: `${readyPods}/${pods} ready in ${cluster.namespace.value}` };
    });
  });
}

/** The cluster that the command would mean, with the options that were typed. */
async function inCluster<T>(given: Given, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
  const { chooseCluster } = await import('../choose-cluster.ts');
  const cluster = await chooseCluster(asOptions(given), process.env);
  try {
    return await ask(cluster);
  } finally {
    cluster.close();
  }
}

function asOptions(given: Given) {
  const last = (name: string) => given.get(name)?.at(-1);
  const [context, namespace] = [last('--context'), last('--namespace')];
  const [projectName, projectDirectory] = [last('--project-name'), last('--project-directory')];
  return {
    file: given.get('--file') ?? [],
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(projectName === undefined ? {} : { projectName }),
    ...(projectDirectory === undefined ? {} : { projectDirectory }),
  };
}

/** Compose knows its own. */
async function services(given: Given, signal: AbortSignal): Promise<readonly Candidate[]> {
  const flags = ['--file', '--project-name', '--project-directory'].flatMap((name) =>
    (given.get(name) ?? []).map((value) => `${name}=${value}`),
  );
  return await docker(['compose', ...flags, '--profile=*', 'config', '--services'], signal);
}

async function images(_: Given, signal: AbortSignal): Promise<readonly Candidate[]> {
  const format = '{{.Repository}}:{{.Tag}}';
  const found = await docker(['image', 'ls', '--format', format], signal);
  return found.filter(({ word }) => !word.includes('<none>'));
}

async function runs(): Promise<readonly Candidate[]> {
  const { listRuns } = await import('../runs.ts');
  return asCandidates((await listRuns()).map(({ name }) => name));
}

async function docker(args: readonly string[], signal: AbortSignal) {
  const { stdout } = await promisify(execFile)('docker', args, { signal });
  return asCandidates(stdout.split('\n').filter((line) => line !== ''));
}

function asCandidates(names: readonly string[]): readonly Candidate[] {
  return names.map((word) => ({ word }));
}
