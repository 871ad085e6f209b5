import type { KdevError } from '../errors/kdev-error.ts';
import { isComplete, type Standing, standingText } from '../screen/standing.ts';
import { readTerminal } from '../screen/terminal.ts';
import type { SessionEvent } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import { aborted } from '../session/pause.ts';
import { awaitIncoming } from './await-incoming.ts';
import { followCompose } from './compose-steps.ts';
import { decidedServices } from './decided-service.ts';
import type { Around, Entered } from './enter-cluster.ts';
import { foldOf, withoutBuild } from './fold-build.ts';
import { followOutput } from './follow-output.ts';
import type { GoingOn } from './go-on-without.ts';
import { HeldOutput } from './held-output.ts';
import { leaveAll, leaveStanding } from './leave.ts';
import { startUp, tellUpcoming } from './start-up.ts';
import { asAnsi, type Story, sayWrapped } from './story.ts';
import { awaitStanding, sayStanding } from './tell-standing.ts';
import { whyComposeFailed } from './why-compose-failed.ts';
import { ansiOf, globalFlags, type Work } from './work.ts';

const laterEveryMs = 1_000;

/**
 * The command holds everything: with it, or with the last container, it all goes. What ran before it becomes its own when it
 * is up; until then a failure or an interrupt leaves it as it is.
 */
export async function upAttached(
  { work, entered, inPlay }: GoingOn,
  { story, interrupts }: Around,
): Promise<number> {
  const { client, isNew } = entered;
  const upcoming = tellUpcoming(work, entered, { story, inPlay });
  const compose = startUp(work, upcoming, logFlags(work));
  const output = new HeldOutput();
  const fold = foldOf(story);
  const stdout = withoutBuild(compose.stdout, fold);
  followOutput(stdout, output, (chunk) => process.stdout.write(chunk));
  const steps = followCompose(compose, story, { output, fold });
  const over = new AbortController();
  const exited = attach(client, {
    story,
    over: over.signal,
    when: isNew ? undefined : output.began,
  });
  tellWhatComesIn(entered, {
    project: work.project.name,
    story,
    output,
    signal: over.signal,
  }).catch(
    // The session is lost: the others know as well.
    () => undefined,
  );
  const what = await Promise.race([compose.ended, interrupts.first, exited]);
  over.abort();
  story.end();
  output.release();
  const isOver = typeof what === 'number';
  // Its containers are taken away below, or stay; it only follows their output.
  if (!isOver) compose.kill('SIGKILL');
  const { hasBegun } = output;
  const exitCode = isOver ? what : 0;
  const failure = await failureOf(work, { exitCode, steps, hasBegun, isRemoved: isNew });
  if (isNew || (hasBegun && !failure)) await leaveAll(client, { story, interrupts });
  else await leaveStanding(client, story);
  await Promise.all([compose.ended, steps.ended]);
  if (interrupts.happened) return interrupts.exitCode;
  if (failure) throw failure;
  return exitCode;
}

interface Outcome {
  readonly exitCode: number;
  readonly steps: ReturnType<typeof followCompose>;
  /** The services were starting. */
  readonly hasBegun: boolean;
  readonly isRemoved: boolean;
}

/** Why Compose failed, unless the exit code is that of a container. */
async function failureOf(
  work: Work,
  { exitCode, steps, hasBegun, isRemoved }: Outcome,
): Promise<KdevError | undefined> {
  if (exitCode === 0 || (hasBegun && hasExitCode(work))) return undefined;
  await steps.ended;
  return await whyComposeFailed(work, { exitCode, stderr: steps.lastLines(), isRemoved });
}

interface Attaching {
  readonly story: Pick<Story, 'say'>;
  readonly over: AbortSignal;
  /** undefined: now. */
  readonly when: Promise<void> | undefined;
}

/** The session lives with this command from then on. Resolves when all services have exited; tells who else ends it. */
function attach(
  client: Pick<ControlClient, 'call'>,
  { story, over, when }: Attaching,
): Promise<'exited'> {
  const tell = (event: SessionEvent) => {
    if (event.kind !== 'ending' || over.aborted) return;
    story.say(`The session ends: ${event.why ?? 'another command has ended it'}.`);
  };
  const exited = (async () => {
    await when;
    if (!over.aborted) await client.call('attach', {}, tell);
    return 'exited' as const;
  })();
  exited.catch(() => undefined);
  return exited;
}

/** Compose writes to us, but what it says of the services is for the terminal that we write to. */
function logFlags(work: Work): string[] {
  const { colour } = readTerminal(process.stdout, process.env, asAnsi(ansiOf(work)));
  const ansi = colour ? 'always' : 'never';
  return ['--progress=auto', `--ansi=${ansi}`, ...globalFlags(work, ['--progress', '--ansi'])];
}

interface Telling {
  readonly project: string;
  readonly story: Story;
  readonly output: HeldOutput;
  /** Everything ends: nothing is said any more. */
  readonly signal: AbortSignal;
}

/** Says what is true before the services' output begins, and whatever becomes true later in between. */
export async function tellWhatComesIn(
  { client, settings, decisions }: Entered,
  { project, story, output, signal }: Telling,
): Promise<void> {
  const decided = decidedServices(settings, decisions);
  const full = new AbortController();
  output.full.then(() => full.abort(), undefined);
  await Promise.race([output.began, aborted(signal)]);
  if (signal.aborted) return;
  const soon = AbortSignal.any([signal, full.signal]);
  const standing = await awaitStanding(decided, { client, project, story, soon });
  if (signal.aborted) return;
  sayStanding(standing, ['kdev status', 'Ctrl-C ends it'], story);
  output.release();
  const later = async (one: Standing) => {
    const quiet = { step: () => undefined };
    const watching = { client, story: quiet, everyMs: laterEveryMs, signal };
    const [now] = await awaitIncoming([one], watching);
    if (now && isComplete(now) && !signal.aborted) sayWrapped(story, standingText(now));
  };
  await Promise.all(standing.filter((one) => !isComplete(one)).map(later));
}

/** A container's exit code is the command's own: it is no failure of Compose. */
function hasExitCode({ commandLine }: Work): boolean {
  return commandLine.rest.some((arg) => /^--(exit-code-from|abort-on-container)/.test(arg));
}
