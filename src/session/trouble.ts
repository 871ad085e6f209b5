import type { TargetChange } from '../cluster/follow-target.ts';
import type { Target } from '../cluster/target.ts';

/** What makes another agent necessary. */
export interface Trouble {
  /** Whether the target's pod goes, or only the agent or the target's container is another one. */
  readonly isPodLost: boolean;
  readonly words: string;
}

export function troubleOf(change: TargetChange, target: Target): Trouble | undefined {
  switch (change.kind) {
    case 'leaving':
      return { isPodLost: true, words: `pod ${target.pod} leaves: ${change.why}` };
    case 'gone':
      return { isPodLost: true, words: `pod ${target.pod} is gone` };
    case 'restarted':
      return { isPodLost: false, words: `container ${target.container} was started anew` };
    default:
      return undefined;
  }
}
