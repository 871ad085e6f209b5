#!/usr/bin/env -S node --
import { asKdevError } from './errors/kdev-error.ts';
import { installedPackage } from './runtime/installed-package.ts';

/** Each command is loaded when it is asked for: the first byte of output does not wait for what other commands need. */
type Command = (args: readonly string[]) => Promise<number>;

/** Runs kdev again: the session and its watchdog are other processes of the same program. */
const kdev = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  compose: async () => {
    const { compose } = await import('./commands/compose.ts');
    return (args) => compose(args, kdev);
  },
  env: async () => (await import('./commands/env.ts')).env,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  explain: async () => (await import('./commands/explain.ts')).explain,
  logs: async () => (await import('./commands/logs.ts')).logs,
  ls: async () => (await import('./commands/ls.ts')).ls,
  devcontainer: async () => {
    const { devcontainer } = await import('./commands/devcontainer.ts');
    return (args) => devcontainer(args, kdev);
  },
  status: async () => (await import('./commands/status.ts')).status,
  clean: async () => (await import('./commands/clean.ts')).clean,
  image: async () => (await import('./commands/image.ts')).image,
  config: async () => (await import('./commands/config-schema.ts')).config,
  version: async () => (await import('./commands/version.ts')).version,
  help: async () => (await import('./commands/help.ts')).help,
  // The other processes of kdev: nobody types these.
  __session: async () => {
    const { runSession } = await import('./session/run-session.ts');
    return ([project = '']) => runSession({ project, kdev });
  },
  __aftermath: async () => {
    const { runAftermath } = await import('./session/run-aftermath.ts');
    return ([project = '']) => runAftermath(project);
  },
};

/** They have a help of their own, Compose for each command; all others of kdev stand in one. */
const withOwnHelp: ReadonlySet<string> = new Set([
  'compose',
  'devcontainer',
  'image',
  'ls',
  'env',
  'doctor',
  'explain',
  'logs',
  'status',
]);

const [, , first = 'help', ...given] = process.argv;
/** `--debug` adds the stack to a failure. What follows `exec` and `run` is a program's. */
const isProgram = given.includes('exec') || given.includes('run');
const rest = isProgram ? given : given.filter((word) => word !== '--debug');
main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  async (thrown: unknown) => {
    if (thrown instanceof Error && thrown.name === 'Interrupted' && 'exitCode' in thrown) {
      process.exitCode = Number(thrown.exitCode);
      return;
    }
    const { showFailure } = await import('./commands/show-failure.ts');
    process.exitCode = showFailure(asKdevError(thrown), rest.length < given.length);
  },
);

async function main(): Promise<number> {
  if (first === '--version' || first === '-v') {
    process.stdout.write(`kdev ${installedPackage().version}\n`);
    return 0;
  }
  const wantsHelp =
    !withOwnHelp.has(first) && [first, ...rest].some((word) => word === '--help' || word === '-h');
  const name = wantsHelp ? 'help' : first;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return await (await load())(rest);
  const { unknownCommand } = await import('./commands/help.ts');
  throw unknownCommand(name, Object.keys(commands));
}
