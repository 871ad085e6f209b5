import { parseCommandLine } from '../../compose/command-line.ts';
import type { Around } from '../command.ts';
import { compose } from '../compose.ts';
import { passThrough } from '../pass-through.ts';

/**
 * `docker compose` as the Dev Containers CLI calls it. It asks for the resolved project to find the workspace's image, and
 * prints what it gets: that stays the user's own project, without anything of the cluster.
 */
export async function devcontainerCompose(
  args: readonly string[],
  around: Around,
): Promise<number> {
  const commandLine = parseCommandLine(args, []);
  if (commandLine.command === 'config') return await passThrough(commandLine);
  return await compose(args, around);
}
