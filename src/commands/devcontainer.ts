import { devcontainerHelp, misused } from './devcontainer-command-line.ts';

type Subcommand = (args: readonly string[], kdev: readonly string[]) => Promise<number>;

const subcommands: Readonly<Record<string, () => Promise<Subcommand>>> = {
  init: async () => (await import('./devcontainer-init.ts')).devcontainerInit,
  check: async () => (await import('./devcontainer-check.ts')).devcontainerCheck,
  stop: async () => (await import('./devcontainer-end.ts')).devcontainerEnd('stop'),
  down: async () => (await import('./devcontainer-end.ts')).devcontainerEnd('down'),
  // What bin/kdev-docker calls: nobody types it.
  compose: async () => (await import('./devcontainer-compose.ts')).devcontainerCompose,
};

/** `kdev devcontainer …`: dev containers whose workspace is an intercepted service. */
export async function devcontainer(
  [name = '--help', ...args]: readonly string[],
  kdev: readonly string[],
): Promise<number> {
  const wantsHelp = [name, ...args].some((word) => word === '--help' || word === '-h');
  if (wantsHelp && name !== 'compose') {
    process.stdout.write(devcontainerHelp);
    return 0;
  }
  const load = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (!load) throw misused(`kdev devcontainer ${name} is no command`);
  return await (await load())(args, kdev);
}
