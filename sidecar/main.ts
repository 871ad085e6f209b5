import type { ExplainQuestion } from '../src/protocol/launch.ts';
import { Journal } from '../src/runtime/journal.ts';
import { type FileServerOptions, runFileServer } from './files/file-server.ts';
import { readConfig } from './read-config.ts';
import { runSidecar } from './run-sidecar.ts';
import { askSidecar } from './status/ask-sidecar.ts';

/** Read from the environment, once: */
const { KDEV_CONFIG, KDEV_STATUS_SOCKET = '/run/kdev-sidecar.sock' } = process.env;
const [, program = '', command = '', argument = ''] = process.argv;

const commands: Readonly<Record<string, () => Promise<void>>> = {
  run,
  health,
  status,
  explain,
  'serve-files': () => runFileServer(JSON.parse(argument) satisfies FileServerOptions),
};

const start = Object.hasOwn(commands, command) ? commands[command] : usage;
process.on('uncaughtException', die);
start?.().catch(die);

function die(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  if (command === 'health') sayAndExit(text);
  const stack = error instanceof Error && command === 'run' ? { stack: error.stack } : {};
  const line = { at: new Date().toISOString(), fatal: text, ...stack };
  sayAndExit(JSON.stringify(line));
}

/** Docker keeps what a health check says, for people. */
function sayAndExit(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

async function run(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());
  const journal = new Journal({
    write: (line) => process.stderr.write(line),
    now: () => new Date(),
    monotonicMs: () => performance.now(),
  });
  await runSidecar(
    {
      config: readConfig(KDEV_CONFIG),
      journal,
      statusSocket: KDEV_STATUS_SOCKET,
      fileServer: [process.execPath, ...process.execArgv, program, 'serve-files'],
    },
    stop.signal,
  );
  process.exit(0);
}

/** Docker's health check: succeeds when nothing is missing. */
async function health(): Promise<void> {
  const { missing } = await askSidecar(KDEV_STATUS_SOCKET, { ask: 'status' });
  if (missing.length > 0) throw new Error(missing.join('; '));
}

async function status(): Promise<void> {
  process.stdout.write(
    `${JSON.stringify(await askSidecar(KDEV_STATUS_SOCKET, { ask: 'status' }))}\n`,
  );
}

async function explain(): Promise<void> {
  const question: ExplainQuestion = JSON.parse(argument);
  const answer = await askSidecar(KDEV_STATUS_SOCKET, { ask: 'explain', question });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function usage(): Promise<void> {
  return Promise.reject(new Error('usage: sidecar run | health | status | explain QUESTION'));
}
