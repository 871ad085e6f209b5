import type { ContainersAtEnd } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import type { Interrupts } from './interrupts.ts';
import { type Story, tellSteps } from './story.ts';

interface Leaving {
  readonly story: Story;
  readonly interrupts: Interrupts;
}

/** Users in the cluster are served by the target again before anything else is torn down. */
export async function leaveAll(client: ControlClient, leaving: Leaving): Promise<void> {
  leaving.story.block(leaving.interrupts.happened ? 'Stopping (again to force)' : 'Stopping');
  await endWith(client, 'remove', leaving);
}

/** Ends the session; when somebody insists, without grace. */
export async function endWith(
  client: ControlClient,
  containers: ContainersAtEnd,
  { story, interrupts }: Leaving,
): Promise<void> {
  const seen = interrupts.happened ? interrupts.second : interrupts.first;
  let isOver = false;
  const forced = seen.then(() => {
    if (isOver) return;
    story.say('Forced: containers are killed.');
    return client.call('end', { containers: 'kill' });
  });
  forced.catch(() => undefined);
  try {
    await client.call('end', { containers }, tellSteps(story));
  } finally {
    isOver = true;
  }
}
