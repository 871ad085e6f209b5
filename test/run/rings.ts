import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { elapsed, tell } from './steps.ts';

/** How many tests of one part passed and failed. */
export interface Count {
  readonly part: string;
  readonly passed: number;
  readonly failed: number;
  /** Why something failed, where the test's own output does not say it. */
  readonly why?: string;
}

export interface RingOptions {
  /** Only tests whose title contains this. */
  readonly filter?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets what vitest prints for people, instead of the terminal. */
  readonly output?: (text: string) => void;
  /** Interrupts the ring; it still cleans up after itself. */
  readonly signal?: AbortSignal;
}

const silenceMs = 15_000;

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** Runs one project of vitest's configuration and counts its tests. */
export async function runRing(ring: string, options: RingOptions = {}): Promise<Count> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kdev-report-'));
  const reportFile = path.join(folder, 'report.json');
  try {
    const clean = await runVitest(ring, reportFile, options);
    const json = await readFile(reportFile, 'utf8').catch(() => undefined);
    const counted = count(ring, json, options.filter);
    if (clean || counted.failed > 0) return counted;
    // An error outside of any test is in no report.
    return { ...counted, failed: 1, why: 'vitest met an error outside of the tests, shown above' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether vitest was content. */
async function runVitest(ring: string, reportFile: string, options: RingOptions): Promise<boolean> {
  const { filter, env, signal } = options;
  const args = ['run', '--project', ring, '--reporter=verbose', '--reporter=json'];
  args.push(`--outputFile.json=${reportFile}`);
  if (filter !== undefined) {
    args.push('--hideSkippedTests', '--testNamePattern', escapePattern(filter));
  }
  const colour = process.stderr.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const vitest = spawn('node_modules/.bin/vitest', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...colour, ...env },
  });
  const telling = options.output ? undefined : tellWithHeartbeat(ring);
  const output = options.output ?? telling?.output;
  for (const stream of [vitest.stdout, vitest.stderr]) {
    stream.on('data', (text: Buffer) => output?.(withoutReportLine(text.toString())));
  }
  const interrupt = () => vitest.kill('SIGINT');
  signal?.addEventListener('abort', interrupt);
  const [exitCode] = await once(vitest, 'close');
  signal?.removeEventListener('abort', interrupt);
  telling?.stop();
  return exitCode === 0;
}

/** Passes text on to stderr (stdout is kept for the count of all rings) and breaks a long silence with the time. */
function tellWithHeartbeat(ring: string): { output(text: string): void; stop(): void } {
  const startedAt = Date.now();
  const beat = setInterval(() => tell(`  … ${ring}  ${elapsed(startedAt)}`), silenceMs);
  return {
    output: (text) => {
      beat.refresh();
      process.stderr.write(text);
    },
    stop: () => clearInterval(beat),
  };
}

/** vitest says where it has written the report that we read and remove. */
function withoutReportLine(text: string): string {
  return text.replace(/^.*JSON report written to .*\n/m, '');
}

/** What a JSON report says. A file that could not run and a test that was skipped unasked count as failed. */
export function count(part: string, json: string | undefined, filter?: string): Count {
  if (json === undefined) return { part, passed: 0, failed: 1, why: 'vitest wrote no report' };
  const files = report.parse(JSON.parse(json)).testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const broken = files.filter(isBroken);
  const skipped = filter === undefined ? tests.filter(isSkipped) : [];
  const failed = tests.filter(hasFailed).length + skipped.length + broken.length;
  if (passed + failed === 0) {
    const why =
      filter === undefined ? 'it has no test' : `no test matches ${JSON.stringify(filter)}`;
    return { part, passed, failed: 1, why };
  }
  // The tests of a file that could not run are skipped with it: the file's own reason says more.
  const whole = files.filter((file) => !isBroken(file)).flatMap((file) => file.assertionResults);
  const reasons = [
    ...(filter === undefined ? whole.filter(isSkipped) : []).map(
      (test) => `skipped: ${test.fullName}`,
    ),
    ...broken.map(({ name, message }) => `${path.relative('.', name)}: ${message.trim()}`),
  ];
  return { part, passed, failed, ...(reasons.length > 0 ? { why: reasons.join('\n') } : {}) };
}

interface Result {
  readonly status: string;
}

function hasFailed({ status }: Result): boolean {
  return status === 'failed';
}

function isSkipped({ status }: Result): boolean {
  return status !== 'passed' && status !== 'failed';
}

function isBroken(file: z.infer<typeof report>['testResults'][number]): boolean {
  return file.status === 'failed' && !file.assertionResults.some(hasFailed);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
