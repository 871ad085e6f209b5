import { kdevError } from '../errors/kdev-error.ts';
import { runOnNames } from './names-only.ts';
import type { Story } from './story.ts';
import { up } from './up.ts';
import { interceptedServices, type Work } from './work.ts';

/** `kdev compose scale web=3 orders=1`: what `up -d --scale` does, for the services named. */
export async function scale(work: Work, story: Story): Promise<number> {
  const asUp = scaleAsUp(work);
  return asUp ? await up(asUp, story) : await runOnNames(work, work.commandLine.rest);
}

/** The same as a command line of `up`; undefined where no service is named, which Compose complains of. */
export function scaleAsUp(work: Work): Work | undefined {
  const { commandLine } = work;
  const isPair = (word: string) => /^[^-=][^=]*=\d+$/.test(word);
  const pairs = commandLine.rest.filter(isPair);
  if (pairs.length === 0) return undefined;
  refuseCopies(work, pairs);
  const flags = commandLine.rest.filter((word) => !isPair(word));
  const names = pairs.map((pair) => pair.split('=')[0] ?? '');
  const scales = pairs.map((pair) => `--scale=${pair}`);
  const rest = ['-d', ...flags, ...scales, ...names];
  return { ...work, commandLine: { ...commandLine, command: 'up', rest } };
}

function refuseCopies(work: Work, pairs: readonly string[]): void {
  const intercepted = interceptedServices(work);
  for (const pair of pairs) {
    const [name = '', count] = pair.split('=');
    if (Number(count) <= 1 || !intercepted.includes(name)) continue;
    throw kdevError('REPLICAS_REFUSED', {
      fact: `service ${name} has x-kdev and cannot be scaled to ${count}: it stands for its pod only once`,
      hints: [{ who: 'you', command: `kdev compose scale ${name}=1`, text: 'runs one' }],
    });
  }
}
