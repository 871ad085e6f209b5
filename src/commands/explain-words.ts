import type { Target } from '../cluster/target.ts';
import type { DecidedBy, ExplainQuestion, Explanation, Tried } from '../protocol/launch.ts';
import type { Explained } from '../session/control.ts';
import { endpointWords } from './endpoint-words.ts';

/** `postgres:5432`, `10.0.0.1`, `[::1]:80`, `udp://stun:3478`, `/etc/app`; undefined where it is none of them. */
export function parseQuestion(text: string): ExplainQuestion | undefined {
  if (text.startsWith('/')) return { kind: 'path', path: text.replace(/(?<=.)\/+$/, '') };
  if (!text.startsWith('udp://')) return parseConnection(text);
  const question = parseConnection(text.slice('udp://'.length));
  return question && { ...question, transport: 'udp' };
}

type OfKind<K, Q> = Extract<Q, { readonly kind: K }>;

function parseConnection(text: string): OfKind<'connection', ExplainQuestion> | undefined {
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:/\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  // An IPv6 address without brackets has no port.
  const host =
    bracketed ?? plain ?? (/^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text) ? text : undefined);
  if (host === undefined) return undefined;
  if (portText === undefined) return { kind: 'connection', host };
  const port = Number(portText);
  return port > 0 && port < 65_536 ? { kind: 'connection', host, port } : undefined;
}

/** What is known beside the sidecar's answer. */
export interface About {
  readonly target: Target;
  readonly origins: Explained['origins'];
}

/** What the sidecar said, a sentence a line. */
export function explanationWords(
  question: ExplainQuestion,
  explanation: Explanation,
  about: About,
): readonly string[] {
  if (explanation.kind === 'path' && question.kind === 'path') {
    return pathWords(question.path, explanation, about.target);
  }
  if (explanation.kind === 'connection' && question.kind === 'connection') {
    return connectionWords(question, explanation, about);
  }
  throw new Error('the sidecar answered another question');
}

/** The same as rows: where each thing goes, by which rule, and what came of trying it. */
export function explanationRows(
  question: ExplainQuestion,
  explanation: Explanation,
  about: About,
): { readonly headings: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const headings = ['what', 'where', 'rule', 'tried'];
  const { pod } = about.target;
  if (explanation.kind === 'path') {
    const { shown, inPod } = explanation;
    const what = question.kind === 'path' ? question.path : '';
    const rule = shown ? `${shown.how} ${shown.path}` : 'default';
    return { headings, rows: [[what, shown ? pod : 'the service', rule, triedWords(inPod)]] };
  }
  const { name, addresses } = explanation;
  const host = question.kind === 'connection' ? question.host : '';
  const lookup = name
    ? [[host, answerers[name.answeredBy], ruleWords(name, about), triedWords(name.lookup)]]
    : [];
  const connects = addresses.map(({ address, route, connect, ...decided }) => {
    const rule = ruleWords(decided, about);
    const where = { agent: pod, local: 'this machine', refused: 'nowhere' }[route];
    return [address, where, rule, connect ? triedWords(connect) : '-'];
  });
  return { headings, rows: [...lookup, ...connects] };
}

function connectionWords(
  { host, port, transport }: OfKind<'connection', ExplainQuestion>,
  { name, addresses }: OfKind<'connection', Explanation>,
  about: About,
): readonly string[] {
  const lines = addresses.map(({ address, route, connect, ...decided }) => {
    const rule = ruleWords(decided, about);
    const to = port === undefined ? address : endpointWords({ address, port });
    const goes = {
      agent: `leaves from pod ${about.target.pod}`,
      local: 'stays on this machine',
      refused: 'is refused',
    }[route];
    const said = `${transport ? 'UDP to ' : ''}${to} ${goes} (rule: ${rule})`;
    return connect ? `${said}. connect: ${triedWords(connect)}` : said;
  });
  if (!name) return lines;
  const { answeredBy, lookup } = name;
  const rule = ruleWords(name, about);
  const found = addresses.map(({ address }) => address).join(', ');
  const who = answerers[answeredBy];
  const outcome = lookup.code === 'ok' ? `= ${found}` : `is not resolved: ${lookup.code}`;
  return [`${host} ${outcome} (${who}, ${milliseconds(lookup)}; rule: ${rule})`, ...lines];
}

/** The rule, and where it stands, where that is known. */
function ruleWords({ rule, filter }: DecidedBy, { origins }: About): string {
  return filter ? `${rule}, ${origins[filter.list].words}` : rule;
}

type Answerer = NonNullable<OfKind<'connection', Explanation>['name']>['answeredBy'];

const answerers: Readonly<Record<Answerer, string>> = {
  'hosts file': 'the hosts file',
  docker: "Docker's resolver",
  agent: "the pod's resolver",
  'no data': 'answered without data',
};

function pathWords(
  path: string,
  { shown, inPod }: OfKind<'path', Explanation>,
  { pod, container, mounts }: Target,
): readonly string[] {
  const { type, bytes } = inPod;
  const there = type === 'file' ? `a file of ${bytes} bytes` : `a ${type ?? 'nothing'}`;
  const trial =
    inPod.code === 'ok'
      ? `in the pod: ${there}, ${milliseconds(inPod)}`
      : `in the pod: ${triedWords(inPod)}`;
  if (!shown) {
    return [
      `${path} is the service's own (rule: default): nothing of the pod is shown there`,
      ...(inPod.code === 'ok'
        ? [`${trial}. x-kdev: {files: {read: [${path}]}} would show it`]
        : []),
    ];
  }
  const mount = mounts.find((one) => one.path === shown.path);
  const { rule, freshness } = {
    fuse: { rule: `x-kdev.files.read, ${shown.path}`, freshness: 'each read asks the pod' },
    socket: {
      rule: `x-kdev.outgoing.unix, ${shown.path}`,
      freshness: 'each connection to it is one in the pod',
    },
    materialise: {
      rule: `x-kdev.files.mounts, ${mount?.kind ?? 'volume'} ${mount?.volume ?? ''} at ${shown.path}`,
      freshness: 'real files here, which follow those of the pod within a second or two',
    },
  }[shown.how];
  return [
    `${path} is of pod ${pod}, container ${container} (rule: ${rule.trim()}): ${freshness}`,
    trial,
    ...(shown.missing === undefined ? [] : [`not shown yet: ${shown.missing}`]),
  ];
}

function triedWords({ code, tookMs }: Tried): string {
  return code === 'ok'
    ? `ok ${milliseconds({ tookMs })}`
    : `${code} after ${milliseconds({ tookMs })}`;
}

function milliseconds({ tookMs }: Pick<Tried, 'tookMs'>): string {
  return `${tookMs < 10 ? tookMs.toFixed(1) : tookMs.toFixed(0)} ms`;
}
