import type { Cluster } from '../cluster/cluster.ts';
import { findTarget } from '../cluster/find-target.ts';
import { listNames } from '../cluster/list-names.ts';
import { listTargets } from '../cluster/list-targets.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { askWhich, canAsk } from './ask.ts';
import { guessTarget, type Match, type ServiceTraits, type TargetTraits } from './guess-target.ts';

export interface Candidate extends TargetTraits {
  /** Of the pod whose place the service takes; undefined where none is ready. */
  readonly node?: string;
  /** The API server's address. */
  readonly server: string;
}

export interface MatchQuery {
  readonly services: readonly ServiceTraits[];
  readonly project: string;
  /** The target that was named. */
  readonly target: string | undefined;
}

/** More than a person reads before they answer. */
const mostChoices = 20;

/** The service and the workload that belong together; undefined where nobody chose among several. */
export async function matchTarget(
  cluster: Cluster,
  { services, project, target }: MatchQuery,
  signal: AbortSignal,
): Promise<Match<Candidate> | undefined> {
  const candidates = await (target === undefined
    ? listCandidates(cluster, signal)
    : namedTarget(cluster, target, signal));
  const matches = guessTarget(services, candidates, project);
  const [first, ...others] = matches;
  if (!first) throw await noneHere(cluster, signal);
  const isSure = first.reasons.length > 0 || target !== undefined;
  if (others.length === 0 && isSure) return first;
  if (!canAsk() || matches.length > mostChoices) throw unclear(matches, { services, candidates });
  return await askWhich(
    isSure ? 'These fit equally well:' : `No workload in ${cluster.namespace.value} looks like it:`,
    matches.map((value) => ({ words: `${value.service}   ${targetWords(value.target)}`, value })),
  );
}

function targetWords({ target, ports, image }: Candidate): string {
  return [target, ...ports.map(({ port }) => `:${port}`), image ?? ''].join(' ').trimEnd();
}

/** What a service can stand for: a pod that belongs to something that can be named is not named itself. */
async function listCandidates(cluster: Cluster, signal: AbortSignal): Promise<Candidate[]> {
  const { targets } = await listTargets(cluster, signal);
  const supported = targets.filter(({ isSupported }) => isSupported);
  const names = new Set(supported.map(({ target }) => target));
  return supported
    .filter(({ partOf }) => partOf === undefined || !names.has(partOf))
    .map((one) => ({ ...one, server: cluster.server }));
}

async function namedTarget(
  cluster: Cluster,
  target: string,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const namespace = cluster.namespace.value;
  const { name, image, node, ports } = await findTarget(cluster, { namespace, target }, signal);
  return [
    {
      target: name,
      image,
      node,
      server: cluster.server,
      ports: ports.filter(({ protocol }) => protocol === 'TCP'),
    },
  ];
}

function unclear(
  matches: readonly Match[],
  {
    services,
    candidates,
  }: { services: readonly ServiceTraits[]; candidates: readonly Candidate[] },
) {
  const isAlike = matches.some(({ reasons }) => reasons.length > 0);
  const [service = 'SERVICE'] = [...new Set(matches.map((match) => match.service))];
  const names = (all: readonly string[]) =>
    `${all.slice(0, mostChoices).join(', ')}${all.length > mostChoices ? ', …' : ''}`;
  return kdevError('MATCH_UNCLEAR', {
    fact: isAlike
      ? 'several services and workloads fit each other equally well'
      : 'no workload looks like a service of the project',
    evidence: isAlike
      ? names(matches.map((match) => `${match.service} for ${match.target.target}`))
      : [
          `services: ${names(services.map(({ name }) => name))}`,
          `workloads: ${names(candidates.map(({ target }) => target))}`,
        ].join('\n'),
    hints: [
      {
        who: 'you',
        text: 'names both',
        command: `kdev init ${service} --target ${matches[0]?.target.target ?? 'deployment/NAME'}`,
      },
      { who: 'you', text: 'looks elsewhere', command: 'kdev init --namespace NAMESPACE' },
    ],
  });
}

async function noneHere(cluster: Cluster, signal: AbortSignal) {
  const { value, from } = cluster.namespace;
  const all = await listNames(cluster, '/api/v1/namespaces', signal);
  const others = (all ?? []).filter((name) => name !== value && !name.startsWith('kube-'));
  return kdevError('MATCH_UNCLEAR', {
    fact: `namespace ${value}${from === 'default' ? '' : ` (${from})`} of ${cluster.context.value} has nothing that a service could stand for`,
    ...(others.length === 0
      ? {}
      : { evidence: `other namespaces: ${others.slice(0, mostChoices).join(', ')}` }),
    hints: [
      { who: 'you', text: 'looks elsewhere', command: 'kdev init --namespace NAMESPACE' },
      { who: 'you', text: 'shows what a namespace has', command: 'kdev ls --namespace NAMESPACE' },
    ],
  });
}
