import type { ServiceStatus, SessionStatus } from '../session/control.ts';

const indent = ' '.repeat(9);

/** What a person wants to know of every session, some lines a service. */
export function statusWords(
  sessions: readonly SessionStatus[],
  { isWide, now }: { readonly isWide: boolean; readonly now: Date },
): string {
  const isOne = sessions.length === 1;
  const blocks = sessions.map((session) => {
    const head = isOne ? [] : [`project ${session.project}`];
    if (session.services.length === 0)
      return [...head, 'starting: no service is up yet'].join('\n');
    const services = session.services.map((service) => serviceWords(service, { isWide, now }));
    const tail = isWide ? [sessionWords(session)] : [];
    return [...head, ...services, ...tail].join('\n');
  });
  return blocks.join('\n\n');
}

/** One line a service. */
export function statusTable(sessions: readonly SessionStatus[], now: Date): string {
  const head = ['PROJECT', 'SERVICE', 'MODE', 'TARGET', 'NAMESPACE', 'STATE', 'LINK', 'UP'];
  const rows = sessions.flatMap(({ project, services }) =>
    services.map(({ service, mode, decision, state, sidecar, since }) => [
      project,
      service,
      mode,
      decision.target.name,
      decision.namespace.value,
      state,
      sidecar?.link.state ?? '-',
      age(since, now),
    ]),
  );
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

interface Wanted {
  readonly isWide: boolean;
  readonly now: Date;
}

function serviceWords(status: ServiceStatus, { isWide, now }: Wanted): string {
  const { service, decision, notices } = status;
  const { target, namespace, context } = decision;
  const notice = notices.at(-1);
  const lines = [
    `${service.padEnd(8)} ${doing(status)} of ${target.name} (${namespace.value}, ${context.value})   up ${age(status.since, now)}`,
    `${linkWords(status)} · ${trafficWords(status)}`,
    `pod ${target.pod} on ${target.node}${agentWords(status)}${lastError(status, now)}`,
    ...(notice ? [`${age(notice.at, now)} ago: ${notice.text}`] : []),
    ...(isWide ? wideWords(status) : []),
  ];
  const [first = '', ...rest] = lines;
  return [first, ...rest.map((line) => indent + line)].join('\n');
}

function doing({ mode, state, decision, agent }: ServiceStatus): string {
  if (state === 'released') return 'released; was a stand-in';
  if (state === 'lost') return 'WITHOUT AN AGENT; stand-in';
  if (state === 'starting') return 'starting; stand-in';
  if (mode === 'off') return 'stand-in, nothing incoming,';
  const ports = decision.ports.map(({ target }) => `:${target}`).join(' ');
  const taken = agent?.incoming.ports ?? [];
  const isAll = decision.ports.every(({ target }) => taken.includes(target));
  const waiting = isAll ? '' : ' (the service does not listen: the target answers)';
  return `${mode === 'steal' ? 'stealing' : 'mirroring'} ${ports}${waiting}`;
}

function linkWords({ pipe, sidecar }: ServiceStatus): string {
  if (!pipe.up) return `link down: ${pipe.why}`;
  if (!sidecar) return 'link up, the sidecar does not answer';
  const { state, rttMs, resumed } = sidecar.link;
  const times = `${resumed} time${resumed === 1 ? '' : 's'}`;
  const resumes = resumed > 0 ? `, resumed ${times}, nothing lost` : '';
  return `link ${state === 'up' ? `ok ${rttMs.toFixed(0)} ms` : state}${resumes}`;
}

function trafficWords({ sidecar, agent }: ServiceStatus): string {
  if (!sidecar) return 'no counts';
  const { incoming, outgoing, dns } = sidecar;
  return [
    `in ${incoming.connections} connections, ${incoming.open} open`,
    `out ${outgoing.connections} connections, ${outgoing.open} open`,
    `dns ${dns.agent + dns.docker}`,
    `files ${agent?.fileOperations ?? 0}`,
  ].join(' · ');
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
      ? [`sidecar ${mebibytes(sidecar.rssBytes)}, connects held by ${sidecar.holds}`]
      : []),
    ...(agent
      ? [`agent: passed to the target ${agent.incoming.passed}, dropped ${agent.incoming.dropped}`]
      : []),
    ...notices.slice(0, -1).map(({ at, text }) => `${at} ${text}`),
  ];
}

function sessionWords({ session, pid, owner, rssBytes, attached, version }: SessionStatus): string {
  const held = attached ? 'held by a command in the foreground' : 'detached';
  return `session  ${session} of ${owner}, process ${pid}, ${mebibytes(rssBytes)}, kdev ${version}, ${held}`;
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
