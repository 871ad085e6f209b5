import { type Count, runRing } from './rings.ts';
import { CommandError, run } from './shell.ts';
import { elapsed, tell } from './steps.ts';

/** Types, lint with the room rules, and unit tests, side by side: what needs no Docker. Says each result as it comes. */
export async function runChecks(): Promise<Count[]> {
  return await Promise.all([
    timed(() => tool('types', 'tsc', ['-p', '.'])),
    timed(() =>
      tool('lint', 'biome', ['check', '--diagnostic-level=warn', '--max-diagnostics=100', '.']),
    ),
    timed(units),
  ]);
}

const toolTimeoutMs = 300_000;

interface Checked extends Count {
  readonly output: string;
}

async function timed(check: () => Promise<Checked>): Promise<Count> {
  const startedAt = Date.now();
  const { output, ...count } = await check();
  if (count.failed > 0) tell(output.trim());
  tell(line(count, elapsed(startedAt)));
  return count;
}

async function tool(part: string, program: string, args: readonly string[]): Promise<Checked> {
  const lines: string[] = [];
  const onLine = (text: string) => lines.push(text);
  try {
    await run(`node_modules/.bin/${program}`, args, { timeoutMs: toolTimeoutMs, onLine });
    return { part, passed: 1, failed: 0, output: '' };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { part, passed: 0, failed: 1, output: lines.join('\n') || error.message };
  }
}

async function units(): Promise<Checked> {
  let output = '';
  const counted = await runRing('unit', {
    output: (text) => {
      output += text;
    },
  });
  return { ...counted, output };
}

/** One line of the summary: `✔ unit    213 passed, 0 failed   4.2s`. */
export function line({ part, passed, failed, why }: Count, time: string): string {
  const mark = failed === 0 ? '✔' : '✘';
  const reason = why === undefined ? '' : `\n      ${why.replaceAll('\n', '\n      ')}`;
  return `  ${mark} ${part.padEnd(8)} ${passed} passed, ${failed} failed   ${time}${reason}`;
}
