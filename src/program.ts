import { openCommandLine } from './commands/open-command-line.ts';
import { showFailure } from './commands/show-failure.ts';
import { asKdevError } from './errors/kdev-error.ts';

/** Runs one command, and tells a failure; resolves to the exit code. `kdev` runs kdev again, for its other processes. */
export async function program(argv: readonly string[], kdev: readonly string[]): Promise<number> {
  let isDebug = false;
  try {
    const { run, options } = await openCommandLine(argv, process.env);
    isDebug = options.isDebug;
    return await run(kdev);
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'Interrupted' && 'exitCode' in thrown) {
      return Number(thrown.exitCode);
    }
    return showFailure(asKdevError(thrown), isDebug);
  }
}
