import { driftWords, type Fingerprint, findDrift } from '../compose/drift.ts';
import { serviceText } from '../screen/story.ts';
import type { Story } from './story.ts';

type Told = Pick<Story, 'say' | 'terminal'>;

/** What becomes of the services that were brought up before. */
export function tellDrift(before: Fingerprint, brought: Fingerprint, story: Told): void {
  if (Object.keys(before).length === 0) return;
  const drifts = findDrift(before, brought);
  const isSame = drifts.length > 1 && drifts.every(({ what }) => what === 'unchanged');
  const words = isSame
    ? ['every configuration unchanged']
    : drifts.map((drift) => `${drift.service}: ${driftWords(drift)}`);
  story.say(serviceText('', [`since the last up: ${words.join(' · ')}`], story.terminal));
}

/** Of a command that takes containers as they are: what the files and the pod say otherwise by now. */
export function tellUntaken(before: Fingerprint, now: Fingerprint, story: Told): void {
  const words = findDrift(before, now)
    .filter(({ changed }) => changed.length > 0)
    .map(({ service, changed }) => `${service} (${changed.join(', ')})`);
  if (words.length === 0) return;
  const text = `changed since the last up, and not taken: ${words.join(' · ')} · kdev compose up -d takes it`;
  story.say(serviceText('', [text], story.terminal));
}
