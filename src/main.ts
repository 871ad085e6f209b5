#!/usr/bin/env -S node --
import { composeAtOnce } from './commands/compose-at-once.ts';
import { installedPackage } from './runtime/installed-package.ts';

/** Runs kdev again: the session and its watchdog are other processes of the same program. */
const kdev = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    throw error;
  },
);

/** In a file of its own when it is built: what need not wait for the program does not. */
async function main(argv: readonly string[]): Promise<number> {
  const [first, ...words] = argv;
  if (words.length === 0 && (first === '--version' || first === '-v')) {
    process.stdout.write(`kdev ${installedPackage().version}\n`);
    return 0;
  }
  const passed = first === 'compose' ? await composeAtOnce(words) : undefined;
  if (passed !== undefined) return passed;
  const { program } = await import('./program.ts');
  return await program(argv, kdev);
}
