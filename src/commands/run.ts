import { enterCluster } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { endWith } from './leave.ts';
import { leaveFormer } from './leave-former.ts';
import { runOnNames, runOnProject } from './names-only.ts';
import { tellUpcoming } from './start-up.ts';
import { startedServices } from './started-services.ts';
import type { Story } from './story.ts';
import { type Work, wantedServices } from './work.ts';

/**
 * `kdev compose run`: one more container of a service, in its pod's network, with its variables and files. Where no
 * session ran before, nothing of this one stays behind.
 */
export function run(work: Work, story: Story): Promise<number> {
  return withCluster(work, story, 'remove');
}

/** `kdev compose watch`: the service is rebuilt and replaced in its pod's place, and stays when the watch ends. */
export function watch(work: Work, story: Story): Promise<number> {
  return withCluster(work, story, 'keep');
}

/**
 * `kdev compose create`: containers with all that their pods give them, for `kdev compose start`. Nothing of them stays in
 * the cluster.
 */
export function create(work: Work, story: Story): Promise<number> {
  return withCluster(work, story, 'stop');
}

async function withCluster(
  given: Work,
  story: Story,
  afterwards: 'keep' | 'remove' | 'stop',
): Promise<number> {
  const commandLine = { ...given.commandLine, failFast: true };
  const work = { ...given, commandLine };
  const inPlay = startedServices(work);
  const services = wantedServices(work).filter((service) => inPlay.has(service));
  if (services.length === 0) {
    if (afterwards === 'stop') await leaveFormer(work, story);
    return await runOnNames(work, commandLine.rest);
  }
  const interrupts = new Interrupts();
  try {
    const entered = await enterCluster(work, services, { story, interrupts });
    const { client, isNew } = entered;
    const { rendered, brought } = tellUpcoming(work, entered, { story, inPlay });
    if (isNew && afterwards === 'keep') await client.call('settle', { brought });
    story.end();
    const exitCode = await runOnProject(work, rendered, commandLine.rest);
    if (afterwards === 'stop' && exitCode === 0) await client.call('settle', { brought });
    if (isNew && afterwards !== 'keep') {
      const containers = afterwards === 'stop' ? 'stay' : 'remove';
      await endWith(client, containers, { story, interrupts });
    }
    client.close();
    return exitCode;
  } finally {
    interrupts.close();
  }
}
