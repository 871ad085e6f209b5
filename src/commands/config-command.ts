import type { Around } from './command.ts';
import { runGroup } from './command-group.ts';
import { configForm } from './forms/config-form.ts';

/** `kdev config …`: settings and their schema. `kdev compose config` is another command. */
export async function config(args: readonly string[], around: Around): Promise<number> {
  const commands = {
    view: async () => (await import('./config-view.ts')).configView,
    schema: async () => (await import('./config-schema.ts')).configSchema,
  };
  return await runGroup(configForm, commands, { args, around });
}
