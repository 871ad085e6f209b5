import { resolveSettings } from '../config/resolve-settings.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { thisUser } from '../runtime/this-user.ts';
import { newSessionId } from '../session/adopt-containers.ts';
import { decide, tcpPortsOf } from '../session/decide.ts';
import { dumpLingerMs, dumpTraffic } from '../session/dump-traffic.ts';
import type { MuxStream } from '../tunnel/stream.ts';
import { projectWithXKdev } from './choose-cluster.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { seenLine, seenText } from './dump-words.ts';
import { dumpForm } from './forms/dump-form.ts';
import { Interrupts } from './interrupts.ts';
import {
  type ClusterOptions,
  openProject,
  type ProjectOptions,
  refuseUnknownService,
  settingFlags,
} from './open-project.ts';
import { RequestReader, type Seen } from './read-requests.ts';
import { settingsSources } from './settings-sources.ts';
import { openStory, type Story } from './story.ts';
import { settingsOf } from './work.ts';

interface DumpOptions extends ClusterOptions, ProjectOptions {
  readonly port?: readonly string[];
  readonly filter?: string;
  readonly image?: string;
  readonly output: 'text' | 'jsonl';
}

/** Output that waits for whoever reads it. */
const WAITING_MAX_BYTES = 16 * 1024 * 1024;

/** `kdev dump`: what comes in to a target, until somebody has seen enough. */
export async function dump(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<DumpOptions>(dumpForm, args);
  if (!asked) return 0;
  const { options, words } = asked;
  const settings = await settingsFor(words[0] ?? '', options);
  const story = openStory(around);
  const interrupts = new Interrupts();
  const stop = new AbortController();
  const end = () => stop.abort(new Error('enough was seen'));
  interrupts.first.then(end, end);
  // What is left in the cluster then goes by itself.
  interrupts.second.then(() => process.exit(interrupts.exitCode), end);
  process.stdout.once('error', end);
  try {
    await look(settings, { story, signal: stop.signal, print: printer(options, story) });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    story.end();
    interrupts.close();
  }
  return 0;
}

interface Looking {
  readonly story: Story;
  readonly signal: AbortSignal;
  readonly print: (seen: Seen) => void;
}

async function look(settings: ServiceSettings, { story, signal, print }: Looking): Promise<void> {
  const { owner } = thisUser();
  const options = { session: newSessionId(), owner, env: process.env };
  const decided = await decide(settings, options, signal);
  const { decision, plan, cluster } = decided;
  const reader = new RequestReader(print, () => new Date());
  const ports = tcpPortsOf(decision.ports);
  try {
    if (ports.length === 0) throw onlyUdp(decision.target.name);
    await dumpTraffic({
      decided: {
        ...decided,
        plan: { ...plan, config: { ...plan.config, lingerMs: dumpLingerMs } },
      },
      onConnection: (stream) => readConnection(reader, stream, story),
      onNotice: (text) => story.say(text),
      onProgress: (words) => story.step('agent', words, 'working'),
      onReady: () => {
        story.step('agent', 'ready', 'done');
        story.end();
        story.say(
          `what clients send to ${ports.map((port) => `:${port}`).join(' ')} of ${decision.target.name}, pod ${decision.target.pod}; Ctrl-C ends it`,
        );
      },
      signal,
    });
  } finally {
    cluster.close();
  }
}

function onlyUdp(target: string): Error {
  return kdevError('TARGET_PORTS_UNKNOWN', {
    fact: `kdev dump shows TCP, and of ${target} there are only UDP ports to look at`,
    hints: [{ who: 'you', text: 'name a TCP port: --port 8080' }],
  });
}

function readConnection(reader: RequestReader, stream: MuxStream, story: Story): void {
  const { info } = stream;
  if (info.kind !== 'incoming.tcp') return;
  reader
    .read(stream, info)
    .catch((error: unknown) => story.say(`a connection was not read: ${error}`));
}

/** What is asked of a service of the project, or of a target by its name: in both cases a mirror. */
async function settingsFor(what: string, options: DumpOptions): Promise<ServiceSettings> {
  const { port = [], filter, context, namespace, image } = options;
  const asked = {
    context,
    namespace,
    image,
    incoming: 'mirror',
    ...(port.length > 0 ? { incomingPorts: port.join(',') } : {}),
    ...(filter === undefined ? {} : { incomingFilter: filter }),
  };
  const settings = what.includes('/')
    ? await settingsOfTarget(what, { options, asked })
    : await settingsOfService(what, { options, asked });
  return { ...settings, incoming: { ...settings.incoming, ...lookingOn(settings, options) } };
}

/** What narrows the service does not narrow the look; and one that takes every port that it opens opens none here. */
function lookingOn(
  { incoming }: ServiceSettings,
  { filter }: DumpOptions,
): Partial<ServiceSettings['incoming']> {
  const ports = incoming.ports === 'all' ? undefined : incoming.ports;
  return { ports, ignore: [], filter: filter === undefined ? undefined : incoming.filter };
}

interface Wanted {
  readonly options: DumpOptions;
  /** By the names of kdev's flags. */
  readonly asked: Readonly<Record<string, string | undefined>>;
}

async function settingsOfTarget(
  target: string,
  { options, asked }: Wanted,
): Promise<ServiceSettings> {
  const project = await projectWithXKdev(options);
  const service = target.slice(target.indexOf('/') + 1);
  const xKdev = { services: new Map([[service, target]]), project: project?.xKdev.project };
  const locate = project?.locate ?? (() => undefined);
  const sources = settingsSources({ xKdev, locate }, settingFlags(asked), process.env);
  const [settings] = resolveSettings(sources);
  if (!settings) throw new Error('one service has one setting');
  return settings;
}

async function settingsOfService(
  service: string,
  { options, asked }: Wanted,
): Promise<ServiceSettings> {
  const work = await openProject({ ...options, ...asked });
  refuseUnknownService(work, service);
  const [settings] = settingsOf(work, [service]);
  if (settings) return settings;
  throw kdevError('SERVICE_UNKNOWN', {
    fact: `service ${service} has no x-kdev, so it names no target to look at`,
    hints: [{ who: 'you', text: 'name the target', command: `kdev dump deployment/${service}` }],
  });
}

function printer({ output }: DumpOptions, story: Story): (seen: Seen) => void {
  const render = output === 'jsonl' ? seenLine : seenText;
  let missed = 0;
  return (seen) => {
    if (process.stdout.writableLength > WAITING_MAX_BYTES) {
      missed += 1;
      return;
    }
    if (missed > 0) story.say(`${missed} were not printed: nobody read them in time`);
    missed = 0;
    process.stdout.write(render(seen));
  };
}
