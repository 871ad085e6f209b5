import { restWithServices } from '../compose/command-line.ts';
import { leftOut } from '../compose/left-out.ts';
import { mapAt } from '../compose/model.ts';
import type { Entered } from './enter-cluster.ts';
import { showFailure } from './show-failure.ts';
import type { Story } from './story.ts';
import type { Work } from './work.ts';

export interface GoingOn {
  readonly work: Work;
  readonly entered: Entered;
  /** The services that start. */
  readonly inPlay: ReadonlySet<string>;
}

/**
 * Goes on without the services that could not be brought into the cluster and those that cannot do without them, as Compose
 * does where a service fails to start; says which they are. Throws where nothing would be left to start.
 */
export async function goOnWithout(all: GoingOn, story: Story): Promise<GoingOn> {
  const { work, entered, inPlay } = all;
  const { failures, client } = entered;
  const [first] = failures;
  if (!first) return all;
  const { model } = work.project;
  const failed = failures.map(({ service }) => service);
  const waiting = leftOut(model, inPlay, failed);
  for (const { service, error } of failures) {
    story.step(`service ${service}`, 'failed', 'failed');
    story.say(`${service} does not come up: ${error.code}: ${error.fact}`);
  }
  for (const [service, awaited] of waiting) {
    story.say(`${service} does not come up: it depends on ${awaited}`);
  }
  const staying = [...inPlay].filter((name) => !failed.includes(name) && !waiting.has(name));
  if (staying.length === 0) throw first.error;
  const isGiven = (service: string) => !waiting.has(service);
  const given = entered.settings.map(({ service }) => service).filter((one) => !isGiven(one));
  if (given.length > 0) await client.call('end', { containers: 'stay', services: given });
  const known = Object.keys(mapAt(model, 'services'));
  const rest = restWithServices(work.commandLine, known, staying);
  return {
    work: { ...work, commandLine: { ...work.commandLine, rest } },
    entered: { ...entered, settings: entered.settings.filter(({ service }) => isGiven(service)) },
    inPlay: new Set(staying),
  };
}

/** At the end, when all else is up: why the command does not succeed. */
export function throwFailures({ failures }: Pick<Entered, 'failures'>): void {
  const [first, ...others] = failures;
  for (const { error } of others) showFailure(error, false);
  if (first) throw first.error;
}
