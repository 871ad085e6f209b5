#!/usr/bin/env -S node --
import { asKdevError } from './errors/kdev-error.ts';
import { installedPackage } from './runtime/installed-package.ts';

/** Runs kdev again: the session and its watchdog are other processes of the same program. */
const kdev = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

let isDebug = false;
main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  async (thrown: unknown) => {
    if (thrown instanceof Error && thrown.name === 'Interrupted' && 'exitCode' in thrown) {
      process.exitCode = Number(thrown.exitCode);
      return;
    }
    const { showFailure } = await import('./commands/show-failure.ts');
    process.exitCode = showFailure(asKdevError(thrown), isDebug);
  },
);

/** Finds the command, and what is said to all of them. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    process.stdout.write(`kdev ${installedPackage().version}\n`);
    return 0;
  }
  const { openCommandLine } = await import('./commands/open-command-line.ts');
  const { run, options } = await openCommandLine(argv, process.env);
  isDebug = options.isDebug;
  return await run(kdev);
}
