import { dockerAsker } from '../../compose/ask-docker.ts';
import { composeFailure } from '../../compose/compose-failure.ts';
import { isOn } from '../../docker-run/parse-words.ts';
import type { Entered } from '../enter-cluster.ts';
import { tellUp } from '../tell-standing.ts';
import type { Work } from '../work.ts';
import type { ReadyContainer, Running } from './make-ready.ts';

/** `-d`: it runs on by itself, and its id is printed. With `--rm` all of it goes when the program ends. */
export async function runDetached(
  work: Work,
  entered: Entered,
  { id, brought, ...running }: ReadyContainer & Running,
): Promise<number> {
  const { asked } = running;
  const { directory, environment } = work;
  const { exitCode, stderr } = await dockerAsker(directory, environment)(['start', id]);
  if (exitCode !== 0) throw composeFailure({ exitCode, stderr, environment });
  await entered.client.call('settle', {
    brought,
    endsWithContainers: isOn(asked.given, 'rm'),
  });
  process.stdout.write(`${id}\n`);
  const logs = `docker logs -f ${asked.containerName}`;
  return await tellUp(work, entered, {
    ...running,
    next: ['kdev status', logs, `kdev stop ${asked.name}`],
  });
}
