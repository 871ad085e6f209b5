import type { PortPair } from '../protocol/launch.ts';
import { portWords } from '../protocol/port-words.ts';
import { counted } from './counted.ts';
import { degrade, paint } from './paint.ts';
import type { Terminal } from './terminal.ts';
import { padText, textWidth, wrapText } from './text-width.ts';

/** A value and where it comes from: `--context`, `KDEV_NAMESPACE`, `x-kdev in compose.yaml:12`, `default`. */
export interface Sourced {
  readonly value: string;
  readonly from: string;
}

/** What was decided for one service. */
export interface DecidedService {
  readonly service: string;
  readonly mode: 'steal' | 'mirror' | 'off';
  /** Without any, and where anything comes in: every port on which the service listens. */
  readonly ports: readonly PortPair[];
  /** Which requests come in, `header x-user=ada`; undefined: everything. */
  readonly filter?: string | undefined;
  /** `deployment/orders`. */
  readonly target: string;
  /** How many pods of it serve; one of them is the service's. */
  readonly readyPods: number;
  readonly pod: string;
  readonly container: Sourced;
  readonly context: Sourced;
  readonly namespace: Sourced;
  /** `node mode (Job, admitted; RBAC ok)`. */
  readonly agent: string;
  readonly image: Sourced;
  readonly mountsKeptFresh: number;
  readonly pathsReadLive: number;
  /** What else deserves a line: warnings, what is left out. */
  readonly notes: readonly string[];
}

export interface Opening {
  /** undefined: it is said already. */
  readonly version: string | undefined;
  readonly project: string;
  readonly inCluster: number;
  readonly local: number;
}

/** `kdev 0.1.0 · project shop · 1 service in the cluster, 2 local` */
export function openingLine({ version, project, inCluster, local }: Opening, terminal: Terminal) {
  const services = `${counted(inCluster, 'service')} in the cluster${local > 0 ? `, ${local} local` : ''}`;
  const kdev = version === undefined ? '' : `kdev ${version} · `;
  return degrade(terminal, `${kdev}project ${project} · ${services}`);
}

/** The lines of one service; `nameColumns` aligns those of several. */
export function decidedText(
  decided: DecidedService,
  terminal: Terminal,
  nameColumns?: number,
): string {
  const { service, context, namespace, container, image } = decided;
  const lines = [
    `${incomingWords(decided)} ${decided.target}${withFilter(decided)}, pod ${decided.pod}, container ${container.value}${origin(container)}`,
    `context ${context.value}${origin(context)}, namespace ${namespace.value}${origin(namespace)}`,
    `agent: ${decided.agent} · image ${image.value}${origin(image)}`,
    `outgoing and DNS through the pod${mountsWords(decided)}`,
    ...decided.notes,
  ];
  return serviceText(service, lines, terminal, nameColumns);
}

/** Lines about one service, its name before the first. */
export function serviceText(
  service: string,
  paragraphs: readonly string[],
  terminal: Terminal,
  nameColumns = 8,
): string {
  const indent = 2 + Math.max(nameColumns, textWidth(service)) + 1;
  const lines = paragraphs.flatMap((line) => wrapText(line, terminal.columns - indent));
  const [first = '', ...rest] = lines;
  const name = padText(service, indent - 3);
  const text = [
    `  ${paint(terminal, 'bold', name)} ${first}`,
    ...rest.map((line) => ' '.repeat(indent) + line),
  ].join('\n');
  return degrade(terminal, text);
}

/** Which ports these are shows as the service listens. */
export function takesEveryPort({ mode, ports }: Pick<DecidedService, 'mode' | 'ports'>): boolean {
  return mode !== 'off' && ports.length === 0;
}

function incomingWords({ mode, ports }: DecidedService): string {
  if (mode === 'off') return 'nothing comes in · stands for';
  if (takesEveryPort({ mode, ports })) return `${mode} every port of the service, of`;
  const pairs = ports.map((pair) => {
    const [there, here] = [portWords(pair.target, pair), portWords(pair.service, pair)];
    return here === there ? there : `${there} (here ${here})`;
  });
  return [mode, ...pairs, 'of'].join(' ');
}

function withFilter({ mode, filter }: DecidedService): string {
  return mode === 'off' || filter === undefined ? '' : ` with ${filter}`;
}

/** A value that nobody chose needs no word. */
function origin({ from }: Sourced): string {
  return from === '' ? '' : ` (${from})`;
}

function mountsWords({ mountsKeptFresh, pathsReadLive }: DecidedService): string {
  const total = mountsKeptFresh + pathsReadLive;
  if (total === 0) return ', no files';
  const kinds = [
    ...(mountsKeptFresh > 0 ? [`${mountsKeptFresh} kept fresh`] : []),
    ...(pathsReadLive > 0 ? [`${pathsReadLive} live`] : []),
  ];
  return `, ${counted(total, 'mount')} (${kinds.join(', ')})`;
}
