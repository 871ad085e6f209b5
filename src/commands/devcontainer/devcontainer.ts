import type { Around } from '../command.ts';
import { runGroup } from '../command-group.ts';
import { devcontainerForm } from '../forms/devcontainer-form.ts';

/** `kdev devcontainer …`: dev containers whose workspace is an intercepted service. */
export async function devcontainer(args: readonly string[], around: Around): Promise<number> {
  const commands = {
    init: async () => (await import('./devcontainer-init.ts')).devcontainerInit,
    check: async () => (await import('./devcontainer-check.ts')).devcontainerCheck,
    stop: async () => (await import('./devcontainer-end.ts')).devcontainerEnd('stop'),
    down: async () => (await import('./devcontainer-end.ts')).devcontainerEnd('down'),
    // What bin/kdev-docker calls: nobody types it.
    compose: async () => (await import('./devcontainer-compose.ts')).devcontainerCompose,
    docker: async () => (await import('./devcontainer-docker.ts')).devcontainerDocker,
  };
  return await runGroup(devcontainerForm, commands, { args, around });
}
