import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const deadlineMs = 60_000;

/** Nothing of this machine's but what docker needs. */
const dockersOwn = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(PATH|HOME|DOCKER_.*)$/.test(name)),
);

/** A command line of Compose, and what stands around it. */
export interface ComposeLine {
  readonly line: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Sent to the whole group, as a terminal does it, or to the command alone, once this was printed. */
  readonly interrupt?: {
    readonly signal: NodeJS.Signals;
    readonly to: 'group' | 'command';
    readonly after: string;
  };
}

export interface Answered {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** kdev as it is installed, in a folder of its own within the package: a bundle that starts by itself. */
export async function bundleKdev(): Promise<{ readonly program: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(root, 'node_modules/.kdev-test-'));
  await build({
    absWorkingDir: root,
    entryPoints: { kdev: 'src/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const program = join(folder, 'kdev.mjs');
  await chmod(program, 0o755);
  return { program, remove: () => rm(folder, { recursive: true }) };
}

/** Runs the line with this command before it: `docker compose`, or kdev's. */
export async function answer(
  [program, ...first]: readonly [string, ...string[]],
  folder: string,
  { line, env, input, interrupt }: ComposeLine,
): Promise<Answered> {
  const child = spawn(program, [...first, ...words(line)], {
    cwd: folder,
    env: { ...dockersOwn, ...env },
    stdio: 'pipe',
    detached: true,
  });
  child.stdin.on('error', () => undefined).end(input);
  let stdout = '';
  let stderr = '';
  let isSent = false;
  const kill = (signal: NodeJS.Signals, to: 'group' | 'command') => {
    if (child.pid !== undefined) process.kill(to === 'group' ? -child.pid : child.pid, signal);
  };
  const look = () => {
    if (!interrupt || isSent || !`${stdout}${stderr}`.includes(interrupt.after)) return;
    isSent = true;
    kill(interrupt.signal, interrupt.to);
  };
  child.stdout.on('data', (text) => {
    stdout += text;
    look();
  });
  child.stderr.on('data', (text) => {
    stderr += text;
    look();
  });
  const timer = setTimeout(kill, deadlineMs, 'SIGKILL', 'group');
  const [exitCode, signal] = await once(child, 'close');
  clearTimeout(timer);
  return { exitCode, signal, stdout: masked(stdout), stderr: masked(stderr) };
}

/** `a "b c"` → two words. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What differs from one run of the same command to the next. */
function masked(text: string): string {
  return text
    .replace(/\brun-[0-9a-f]{12}\b/g, 'run-ID')
    .replace(/\b[0-9a-f]{12,64}\b/g, 'ID')
    .replace(/\b\d+(\.\d+)?(ms|s)\b/g, 'TIME')
    .replace(/\b(Up )?(\d+|About a|Less than a) (second|minute)s?( ago)?\b/g, 'AGO')
    .replace(/time="[^"]*"/g, 'time=')
    .replace(/(?<=\S) +/g, ' ');
}
