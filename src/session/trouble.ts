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

/** What another agent was started for, once it is there. */
export function renewedWords(former: Target, now: Target): string {
  if (former.podUid !== now.podUid) return `follows pod ${now.pod} on ${now.node}`;
  if (former.containerId !== now.containerId) return `follows container ${now.container}, anew`;
  return 'its agent was gone and was started again';
}
