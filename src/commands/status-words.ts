import { filterWords } from '../protocol/filter-words.ts';
import type { PortPair } from '../protocol/launch.ts';
import { comesIn, portWords } from '../protocol/port-words.ts';
import { counted } from '../screen/counted.ts';
import { degrade } from '../screen/paint.ts';
import { tableText } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { hangText, padText, textWidth, wrapText } from '../screen/text-width.ts';
import type { ServiceStatus, SessionStatus } from '../session/control.ts';
import { isOutside, keyOf, type StoppedService } from './stopped-services.ts';

const nameColumns = 8;

/** All that is known of this user's projects. */
export interface Status {
  readonly sessions: readonly SessionStatus[];
  readonly stopped: readonly StoppedService[];
  /** See `containerTroubles`. */
  readonly troubles: ReadonlyMap<string, string>;
}

/** What a person wants to know of every project: a head, and some lines a service. */
export function statusWords(status: Status, { isWide, now, terminal }: Wanted): string {
  const { columns } = terminal;
  const blocks = projectsOf(status).map(({ project, session, stopped }) => {
    const services = session?.services ?? [];
    const isStarting = services.length + stopped.length === 0;
    return [
      hangText(headWords(project, session ?? stopped[0]), columns),
      ...services.map((service) => {
        const trouble = status.troubles.get(keyOf({ project, service: service.service }));
        return aboutService(
          service.service,
          serviceWords(service, { isWide, now, trouble }),
          columns,
        );
      }),
      ...stopped.map((one) => aboutService(one.service, [stoppedWords(one)], columns)),
      ...(isStarting ? ['starting: no service is up yet'] : []),
      ...(isWide && session ? [aboutService('session', [sessionWords(session)], columns)] : []),
    ].join('\n');
  });
  return degrade(terminal, blocks.join('\n\n'));
}

/** Lines beside a name. */
function aboutService(name: string, lines: readonly string[], columns: number): string {
  const indent = Math.max(nameColumns, textWidth(name)) + 1;
  const [first, ...rest] = lines.flatMap((line) => wrapText(line, columns - indent));
  const beside = rest.map((line) => ' '.repeat(indent) + line);
  return [`${padText(name, nameColumns)} ${first}`, ...beside].join('\n');
}

function projectsOf({ sessions, stopped }: Pick<Status, 'sessions' | 'stopped'>) {
  const names = [...sessions, ...stopped].map(({ project }) => project);
  return [...new Set(names)].map((project) => ({
    project,
    session: sessions.find((one) => one.project === project),
    stopped: stopped.filter((one) => one.project === project),
  }));
}

/** `project shop · /home/ada/shop · detached` */
function headWords(project: string, place: SessionStatus | StoppedService | undefined): string {
  const runs = (session: SessionStatus) =>
    session.attached ? 'held by a command in the foreground' : 'detached';
  const how = place && 'session' in place ? runs(place) : 'stopped';
  return [`project ${project}`, place?.directory, how].filter(Boolean).join(' · ');
}

function stoppedWords(stopped: StoppedService): string {
  const { target, container } = stopped;
  const since = container === '' ? '' : ` (${container})`;
  return `${isOutside(stopped) ? 'runs outside the cluster' : 'stopped'}${since}: ${target || 'its target'} answers for itself`;
}

/** One row a service. */
export function statusTable(
  { sessions, stopped }: Omit<Status, 'troubles'>,
  { now, terminal }: Omit<Wanted, 'isWide'>,
): string {
  const head = ['project', 'service', 'mode', 'target', 'namespace', 'state', 'link', 'up'];
  const rows = projectsOf({ sessions, stopped }).flatMap(({ project, session, stopped: idle }) => [
    ...(session?.services ?? []).map(({ service, mode, decision, state, sidecar, since }) => [
      project,
      service,
      mode,
      decision.target.name,
      decision.namespace.value,
      state,
      sidecar?.link.state ?? '-',
      age(since, now),
    ]),
    ...idle.map((one) => {
      const [, name = '-', namespace = '-'] = /^(\S+) \((\S+), /.exec(one.target) ?? [];
      const state = isOutside(one) ? 'outside' : 'stopped';
      return [project, one.service, '-', name, namespace, state, '-', '-'];
    }),
  ]);
  return tableText(head, rows, terminal);
}

interface Wanted {
  readonly isWide: boolean;
  readonly now: Date;
  readonly terminal: Terminal;
}

interface Seen extends Omit<Wanted, 'terminal'> {
  /** The engine's words where the service's container does not plainly run. */
  readonly trouble: string | undefined;
}

function serviceWords(status: ServiceStatus, { isWide, now, trouble }: Seen): string[] {
  const { decision, notices } = status;
  const { target, namespace, context } = decision;
  const notice = notices.at(-1);
  return [
    `${doing(status, { now, trouble })} of ${podsWords(status)}${target.name}${withFilter(status)} (${namespace.value}, ${context.value})   up ${age(status.since, now)}`,
    `${linkWords(status, now)} · ${trafficWords(status)}`,
    `pod ${target.pod} on ${target.node}${agentWords(status)}${lastError(status, now)}`,
    ...conflictWords(status),
    ...(notice ? [`${age(notice.at, now)} ago: ${notice.text}`] : []),
    ...(isWide ? wideWords(status) : []),
  ];
}

function doing(status: ServiceStatus, { now, trouble }: Omit<Seen, 'isWide'>): string {
  const { mode, state, decision } = status;
  if (state === 'released') return 'released; was a stand-in';
  if (state === 'lost') return 'WITHOUT AN AGENT; stand-in';
  if (state === 'starting') return 'starting; stand-in';
  if (mode === 'off') return `stand-in, nothing incoming${aside(troubleWords(trouble))},`;
  const ports = decision.every ? everyWords(status) : portsWords(decision.ports);
  const gap = status.agent ? gapWords(status, trouble) : unknownWords(status, now);
  return `${mode === 'steal' ? 'stealing' : 'mirroring'} ${ports}${gap}`;
}

function portsWords(
  ports: readonly (Pick<PortPair, 'target' | 'transport'> & Partial<PortPair>)[],
): string {
  const words = (port: (typeof ports)[number]) => {
    const { target, service = target } = port;
    return `${portWords(target, port)}${service === target ? '' : ` (here :${service})`}`;
  };
  return ports.map(words).join(' ');
}

/** Those that come in now. */
function everyWords({ agent }: ServiceStatus): string {
  const ports = (agent?.incoming.ports ?? []).map((target) => ({ target }));
  return ['every port', ...(ports.length === 0 ? [] : [`(${portsWords(ports)})`])].join(' ');
}

function withFilter({ mode, filter }: ServiceStatus): string {
  return mode === 'off' || !filter ? '' : ` with ${filterWords(filter)}`;
}

/** Why a port does not come in that the service has opened, and what to do. */
function conflictWords({ conflict }: ServiceStatus): string[] {
  if (!conflict) return [];
  const { code, fact, hints } = conflict;
  return [
    `${code}: ${fact}`,
    ...hints.map(({ text, command }) => `  ${text}${command ? `: ${command}` : ''}`),
  ];
}

function podsWords({ mode, decision }: ServiceStatus): string {
  const { readyPods } = decision.target;
  return mode !== 'off' && readyPods > 1 ? `1 of ${readyPods} pods of ` : '';
}

/** Why not every port comes in, and what that means. */
function gapWords(status: ServiceStatus, trouble: string | undefined): string {
  const { mode, decision, agent } = status;
  const taken = agent?.incoming.ports ?? [];
  const now = { ports: taken, udp: agent?.incoming.udp.ports ?? [] };
  const missing = decision.ports.filter((port) => !comesIn(port, now));
  const isDeaf = decision.every !== undefined && taken.length === 0;
  if (missing.length === 0 && !isDeaf) return aside(troubleWords(trouble));
  const isAll = missing.length === decision.ports.length;
  const on = isAll ? '' : ` on ${missing.map((port) => portWords(port.service, port)).join(' ')}`;
  const silent = `the service does not listen${on}`;
  const why = troubleWords(trouble) ?? (status.conflict ? 'another session has it' : silent);
  const there = isAll ? '' : ' there';
  const meaning = mode === 'steal' ? `the target answers${there}` : `it sees nothing${there}`;
  return aside(`${why}: ${meaning}`);
}

/** A container that is paused still listens, and answers nobody. */
function troubleWords(trouble: string | undefined): string | undefined {
  if (trouble === undefined) return undefined;
  if (trouble === '') return 'the service has no container';
  if (trouble.endsWith('(Paused)')) return 'the service is paused and answers nobody';
  return `the service does not run, ${trouble}`;
}

function aside(words: string | undefined): string {
  return words === undefined ? '' : ` (${words})`;
}

/** Only the agent knows what comes in. */
function unknownWords({ silentSince }: ServiceStatus, now: Date): string {
  return silentSince === undefined ? ' (as far as known)' : ` (as of ${age(silentSince, now)} ago)`;
}

function linkWords({ pipe, agent, silentSince, sidecar }: ServiceStatus, now: Date): string {
  if (!pipe.up) return `link down: ${pipe.why}`;
  if (!agent) {
    const since = silentSince === undefined ? '' : ` for ${age(silentSince, now)}`;
    return `no answer from the cluster${since}`;
  }
  if (!sidecar) return 'link up, the sidecar does not answer';
  const { state, rttMs, resumed } = sidecar.link;
  const resumes = resumed > 0 ? `, resumed ${counted(resumed, 'time')}, nothing lost` : '';
  return `link ${state === 'up' ? `ok ${rttMs.toFixed(0)} ms` : state}${resumes}`;
}

/** Why a client that is served by the pod still may be so. */
const noneYet = ' (what clients keep open from before stays with the pod: incoming.flush)';

function trafficWords({ sidecar, agent, mode }: ServiceStatus): string {
  if (!sidecar) return 'no counts';
  const { incoming, outgoing, dns } = sidecar;
  return [
    `in ${counted(incoming.connections, 'connection')}, ${incoming.open} open${mode === 'steal' && incoming.connections === 0 ? noneYet : ''}`,
    `out ${counted(outgoing.connections, 'connection')}, ${outgoing.open} open`,
    ...udpWords(sidecar),
    `dns ${dns.agent + dns.docker}`,
    ...(agent ? [`files ${agent.fileOperations}`] : []),
  ].join(' · ');
}

/** Nothing where the service does not use UDP. */
function udpWords({ udp, incoming }: NonNullable<ServiceStatus['sidecar']>): string[] {
  const { sent, received, dropped } = udp;
  const flows = udp.flows + incoming.udp.flows;
  if (sent + received + dropped === 0) return [];
  const lost = dropped > 0 ? `, ${dropped} dropped` : '';
  return [`udp ${sent} out, ${received} in, ${counted(flows, 'flow')}${lost}`];
}

function agentWords({ agent }: ServiceStatus): string {
  return agent ? ` · agent ${mebibytes(agent.rssBytes)}` : '';
}

function lastError({ sidecar }: ServiceStatus, now: Date): string {
  const error = sidecar?.lastError;
  return error ? ` · last error: ${error.name}: ${error.text} ${age(error.at, now)} ago` : '';
}

function wideWords({ pipe, sidecar, agent, decision, notices }: ServiceStatus): string[] {
  return [
    ...(pipe.up ? [`way: ${pipe.legs.join(', then ')}`] : []),
    `context ${decision.context.value} (${decision.context.from}), namespace ${decision.namespace.value} (${decision.namespace.from}), API server ${decision.server}`,
    `container ${decision.target.container} (${decision.target.containerFrom}), image ${decision.image}`,
    ...(sidecar
      ? [
          `sidecar ${mebibytes(sidecar.rssBytes)}, connects held by ${sidecar.holds}, IPv6 ${sidecar.ipv6}`,
        ]
      : []),
    ...(agent
      ? [
          `agent: passed to the target ${agent.incoming.passed}, dropped ${agent.incoming.dropped + agent.incoming.udp.dropped}`,
        ]
      : []),
    ...notices.slice(0, -1).map(({ at, text }) => `${at} ${text}`),
  ];
}

function sessionWords({ session, pid, owner, rssBytes, attached, version }: SessionStatus): string {
  const held = attached ? 'held by a command in the foreground' : 'detached';
  return `${session} of ${owner}, process ${pid}, ${mebibytes(rssBytes)}, kdev ${version}, ${held}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function age(since: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
