import { kdevError } from '../errors/kdev-error.ts';
import { deadline } from '../runtime/deadline.ts';
import type { SessionEvent, UpRequest, UpResult } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import type { Joined } from '../session/join-session.ts';
import type { Interrupts } from './interrupts.ts';
import { endWith } from './leave.ts';
import type { Story } from './story.ts';

export interface AskForUp {
  /** The project's session, begun where none runs. */
  readonly join: () => Promise<Joined>;
  readonly request: UpRequest;
  readonly onEvent: (event: SessionEvent) => void;
  readonly around: {
    readonly story: Pick<Story, 'say' | 'step' | 'block'>;
    readonly interrupts: Pick<Interrupts, 'happened' | 'first' | 'second' | 'race'>;
  };
  /** How long one that ends is waited for: its containers have their stop grace. */
  readonly patienceMs?: number;
}

const patientMs = 120_000;

/**
 * Asks a project's session to bring services up. One that is ending, by `down` or because an `up` is undone, is waited for,
 * and the next one asked.
 */
export async function askForUp(asking: AskForUp): Promise<Joined & { readonly result: UpResult }> {
  const { around, patienceMs = patientMs } = asking;
  const late = deadline(patienceMs);
  for (;;) {
    const { client, isNew } = await asking.join();
    try {
      const result = await around.interrupts.race(ask(client, { ...asking, patienceMs, late }));
      return { client, isNew, result };
    } catch (error) {
      if (isNew) await endWith(client, 'stay', around).catch(() => undefined);
      client.close();
      if (!(error instanceof HasEnded)) throw error;
    }
  }
}

class HasEnded extends Error {}

interface Asking extends AskForUp {
  readonly patienceMs: number;
  readonly late: AbortSignal;
}

/** Rejects with HasEnded where the session had to end first, and has. */
async function ask(
  client: ControlClient,
  { request, onEvent, around, patienceMs, late }: Asking,
): Promise<UpResult> {
  const { story } = around;
  const words = `${patienceMs / 1000} s`;
  let isEnding = false;
  let giveUp: (error: Error) => void = () => undefined;
  const tooLate = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const asked = client.call('up', request, (event) => {
    if (event.kind !== 'ending') return onEvent(event);
    isEnding = true;
    story.step('former session', `ends; waited for it for ${words} at most`, 'working');
    const refuse = () => giveUp(stillEnding(request.project, words));
    if (late.aborted) refuse();
    else late.addEventListener('abort', refuse, { once: true });
  });
  try {
    return await Promise.race([asked, tooLate]);
  } catch (error) {
    if (!isEnding) throw error;
    story.step(
      'former session',
      late.aborted ? 'still ends' : 'has ended',
      late.aborted ? 'failed' : 'done',
    );
    throw late.aborted ? error : new HasEnded();
  }
}

function stillEnding(project: string, words: string) {
  return kdevError('SESSION_BUSY', {
    fact: `the session of ${project} is ending, and was not done within ${words}`,
    hints: [{ who: 'you', text: 'says what it does', command: 'kdev logs --session' }],
  });
}
