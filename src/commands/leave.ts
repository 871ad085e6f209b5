import type { ContainersAtEnd } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import type { Interrupts } from './interrupts.ts';
import { type Story, tellSteps } from './story.ts';

interface Leaving {
  readonly story: Pick<Story, 'say' | 'step' | 'block'>;
  readonly interrupts: Pick<Interrupts, 'happened' | 'first' | 'second'>;
}

type Session = Pick<ControlClient, 'call'>;

/** Users in the cluster are served by the target again before anything else is torn down. */
export async function leaveAll(client: Session, leaving: Leaving): Promise<void> {
  leaving.story.block(leaving.interrupts.happened ? 'Stopping (again to force)' : 'Stopping');
  await endWith(client, 'remove', leaving);
}

/** Compose did not bring up what was asked: the session that ran before goes on without this command. */
export async function leaveStanding(client: Session, story: Pick<Story, 'say'>): Promise<void> {
  // It may have ended meanwhile, by another command.
  await client.call('settle', {}).catch(() => undefined);
  story.say('Nothing is removed: what ran before goes on.');
}

/**
 * Ends the session; when somebody insists, without grace. Who interrupts for the first time, because a failure takes long
 * to be undone, is told what a second time does.
 */
export async function endWith(
  client: Session,
  containers: ContainersAtEnd,
  { story, interrupts }: Leaving,
): Promise<void> {
  let isOver = false;
  const warn = () => {
    if (!isOver) story.say('Stopping already: again to force.');
  };
  const force = async () => {
    if (isOver) return;
    story.say('Forced: containers are killed.');
    await client.call('end', { containers: 'kill' });
  };
  if (!interrupts.happened) interrupts.first.then(warn).catch(() => undefined);
  interrupts.second.then(force).catch(() => undefined);
  try {
    const tell = tellSteps(story);
    await client.call('end', { containers }, (event) => {
      tell(event);
      // From now on it waits for the programs, which may take their time.
      const isRemoving = event.kind === 'released' && containers === 'remove';
      if (isRemoving) story.step('containers', 'stopping', 'working');
    });
  } finally {
    isOver = true;
  }
}
