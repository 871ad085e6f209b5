import { comesIn, portWords } from '../protocol/port-words.ts';
import { degrade, paint } from './paint.ts';
import { type DecidedService, takesEveryPort } from './story.ts';
import type { Terminal } from './terminal.ts';
import { textWidth, wrapText } from './text-width.ts';

/** What a service is in the cluster at this moment. */
export interface Standing
  extends Pick<
    DecidedService,
    'service' | 'mode' | 'ports' | 'filter' | 'target' | 'readyPods' | 'context' | 'namespace'
  > {
  /** Ports of the target that come in, because the service listens for them. */
  readonly incoming: readonly number[];
  /** The same of UDP. */
  readonly incomingUdp?: readonly number[];
  /** Whether sidecar and agent have a link. */
  readonly isLinked: boolean;
  /** Who has a port that does not come in, though the service listens there. */
  readonly conflict?: string | undefined;
  /** The engine's words where its container does not run. */
  readonly ended?: string | undefined;
}

/** Whether all that was asked for is so. */
export function isComplete(standing: Standing): boolean {
  const { mode, ports, incoming, isLinked } = standing;
  if (takesEveryPort({ mode, ports })) return incoming.length > 0;
  return mode === 'off' ? isLinked : missingPorts(standing).length === 0;
}

/** The new state of the world in one sentence a service, and the commands wanted next. */
export function closingText(
  services: readonly Standing[],
  next: readonly string[],
  terminal: Terminal,
): string {
  const sentences = services.map(standingText);
  const last = sentences.at(-1) ?? '';
  const commands = next.join(' · ');
  const fits = !last.includes('\n') && textWidth(`${last}   ${commands}`) <= terminal.columns;
  const words = sentences.flatMap((sentence) => wrapText(sentence, terminal.columns));
  const end = `${fits ? '   ' : '\n'}${paint(terminal, 'dim', commands)}`;
  return degrade(terminal, words.join('\n') + end);
}

/** What a program that has the terminal for itself will come to. */
export function willText(
  decided: Omit<Standing, 'incoming' | 'isLinked'>,
  terminal: Terminal,
): string {
  const { service, mode, ports } = decided;
  const listening = takesEveryPort(decided) ? 'any port' : listed(ports);
  const where = `${whereWords(decided)}${filterAside(decided)}`;
  const words: Readonly<Record<Standing['mode'], string>> = {
    steal: `${service} answers for ${where} as soon as it listens on ${listening}.`,
    mirror: `${service} sees what reaches ${where} as soon as it listens on ${listening}.`,
    off: `${service} ${nowDoes.off(where)}.`,
  };
  return degrade(terminal, wrapText(words[mode], terminal.columns).join('\n'));
}

/** What is true now, and what it takes to become what was asked for. */
export function standingText(standing: Standing): string {
  const { service, mode, incoming, incomingUdp = [] } = standing;
  const where = whereWords(standing);
  const does = `${service} ${nowDoes[mode](`${amongPods(standing)}${where}${filterAside(standing)}`)}`;
  if (isComplete(standing)) return `${does}.${forAllPods(standing)}`;
  if (mode === 'off') return `${service} ${whyNot(standing)}: it does not run as ${where} yet.`;
  if (standing.conflict !== undefined) {
    return `${service} does not ${mode === 'steal' ? 'answer for' : 'see'} ${where}: ${standing.conflict}.`;
  }
  if (incoming.length + incomingUdp.length > 0) {
    const others = `${listed(missingPorts(standing))}, where it does not listen yet`;
    return `${does}, but for ${others}.${forAllPods(standing)}`;
  }
  const until = standing.ended === undefined ? ' until it does' : '';
  const meanwhile =
    mode === 'steal'
      ? `${where} answers for itself${until}`
      : `it sees nothing of what reaches ${where}${until}`;
  return `${service} ${whyNot(standing)}: ${meanwhile}.${otherPort(standing)}`;
}

function whereWords({ ports, target, namespace }: Omit<Standing, 'incoming' | 'isLinked'>): string {
  const [only] = ports.length === 1 ? ports : [];
  return `${target}${only === undefined ? '' : portWords(only.target, only)} in ${namespace.value}`;
}

function filterAside({ mode, filter }: Pick<Standing, 'mode' | 'filter'>): string {
  return mode === 'off' || filter === undefined ? '' : ` (only requests with ${filter})`;
}

const nowDoes: Readonly<Record<DecidedService['mode'], (where: string) => string>> = {
  steal: (where) => `now answers for ${where}`,
  mirror: (where) => `now sees what reaches ${where}, which answers itself`,
  off: (where) => `now runs as if it were ${where}`,
};

function amongPods({ mode, readyPods }: Standing): string {
  return mode !== 'off' && readyPods > 1 ? `1 of ${readyPods} pods of ` : '';
}

/** Requests go to each of the pods in turn. */
function forAllPods(standing: Standing): string {
  if (amongPods(standing) === '') return '';
  const { context, namespace, target } = standing;
  const place = `--context ${context.value} -n ${namespace.value}`;
  return `\nThe other pods get requests too, unless: kubectl ${place} scale ${target} --replicas=1`;
}

function whyNot(standing: Standing): string {
  if (standing.ended !== undefined) return `does not run (${standing.ended})`;
  if (!standing.isLinked) return 'has no link to its agent yet';
  const ports = takesEveryPort(standing) ? 'any port' : listed(missingPorts(standing));
  return `does not listen on ${ports} yet`;
}

/** The commonest reason, and what to write. */
function otherPort(standing: Standing): string {
  const [first] = missingPorts(standing);
  if (standing.ended !== undefined || !standing.isLinked || !first) return '';
  const [flag, key] = [
    `--incoming-ports PORT:${first.target}`,
    `x-kdev: {incoming: {ports: ["PORT:${first.target}"]}}`,
  ];
  return `\nWhere its program listens on another port: ${flag}, or ${key}`;
}

/** Ports that were asked for and do not come in yet. */
export function missingPorts({ ports, incoming, incomingUdp = [] }: Standing): Standing['ports'] {
  return ports.filter((port) => !comesIn(port, { ports: incoming, udp: incomingUdp }));
}

function listed(ports: Standing['ports']): string {
  return ports.map((port) => portWords(port.service, port)).join(' ');
}
