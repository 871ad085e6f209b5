import { errnoOf } from '../src/protocol/errno.ts';
import { Journal } from '../src/runtime/journal.ts';
import { readSettings } from './read-config.ts';
import { runAgent } from './run-agent.ts';

const journal = new Journal({
  write: (line) => process.stderr.write(line),
  now: () => new Date(),
  monotonicMs: () => performance.now(),
});
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());
process.once('uncaughtException', fail);

try {
  await runAgent(readSettings(process.env), journal, stop.signal);
} catch (error) {
  if (!stop.signal.aborted) fail(error);
}
process.exit(0);

/** The kernel takes the rules away with this process. */
function fail(error: unknown): never {
  journal.fatal(errnoOf(error), error instanceof Error ? error.message : String(error));
  process.exit(1);
}
