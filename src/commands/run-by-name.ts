import { type ComposeCommandLine, flagValues, isDryRun } from '../compose/command-line.ts';
import { findSession } from '../session/join-session.ts';
import { passThrough } from './pass-through.ts';
import { type Story, tellSteps } from './story.ts';

/** A project whose files are elsewhere is known by its name: Compose finds its containers, and `down` ends its session. */
export async function runByName(
  commandLine: ComposeCommandLine,
  openStory: () => Story,
): Promise<number> {
  const name =
    flagValues(commandLine, '--project-name').at(-1) ?? process.env['COMPOSE_PROJECT_NAME'] ?? '';
  if (commandLine.command === 'down' && !isDryRun(commandLine)) await endSession(name, openStory);
  return await passThrough(commandLine);
}

async function endSession(name: string, openStory: () => Story): Promise<void> {
  const session = await findSession(name);
  if (!session) return;
  const story = openStory();
  story.block('Stopping');
  try {
    await session.call('end', { containers: 'remove' }, tellSteps(story));
  } finally {
    session.close();
    story.end();
  }
}
