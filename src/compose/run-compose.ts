import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { openMemoryFile } from './memory-file.ts';
import { serializeProject } from './model.ts';
import { applyNoDeps } from './no-deps.ts';
import { applyPullFlag } from './pull-policy.ts';
import type { ResolvedProject } from './read-project.ts';
import type { RenderedProject } from './render-project.ts';

export interface ComposeRun {
  readonly project: Pick<ResolvedProject, 'name' | 'directory'>;
  readonly rendered: Pick<RenderedProject, 'model' | 'values' | 'unset'>;
  /** Compose's own global flags, without those that choose files, name and directory: see `runFlags`. */
  readonly globalFlags: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: 'inherit' | 'ignore';
  readonly stdout: 'inherit' | 'ignore' | 'pipe';
  /** `pipe`: the caller reads Compose's progress and complaints. */
  readonly stderr: 'inherit' | 'pipe';
  /** `terminal`: Ctrl-C reaches Compose by itself. `caller`: only what `kill` sends does. */
  readonly signals: 'terminal' | 'caller';
}

export interface RunningCompose {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Compose's exit code; 128 + n where signal n ended it. */
  readonly ended: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** What Compose needs in its environment to work at all: it cannot be kept from a service by leaving it out there. */
const needed = /^(PATH|HOME|USER|DOCKER_.*|COMPOSE_.*|BUILDX_.*|XDG_.*|SSH_AUTH_SOCK)$/;

export function isNeededByCompose(name: string): boolean {
  return needed.test(name);
}

/**
 * Starts `docker compose` on the rendered project. The project goes over a file without a name, the values of the pod's
 * environment only through the process environment.
 */
export function runCompose(run: ComposeRun): RunningCompose {
  const { command } = run;
  const pulling = applyPullFlag({ command, args: run.args, model: run.rendered.model });
  const { args, model } = applyNoDeps({ command, ...pulling });
  const file = openMemoryFile(serializeProject(model));
  try {
    const child = spawn('docker', composeArguments({ ...run, args }), {
      cwd: run.directory,
      env: composeEnvironment(run),
      stdio: [run.input, run.stdout, run.stderr, file.fd],
      detached: run.signals === 'caller',
    });
    return {
      stdout: child.stdout,
      stderr: child.stderr,
      ended: ended(child),
      kill: (signal) => kill(child, signal, run.signals),
    };
  } catch (error) {
    throw notStarted(error);
  } finally {
    file.close();
  }
}

/** `docker compose` on a project that it finds by its name alone. Its progress and complaints are the caller's to read. */
export function runComposeByName(
  { globalFlags, command, args }: Pick<ComposeRun, 'globalFlags' | 'command' | 'args'>,
  { directory, environment, signals }: Pick<ComposeRun, 'directory' | 'environment' | 'signals'>,
): RunningCompose {
  const child = spawn('docker', ['compose', ...globalFlags, command, ...args], {
    cwd: directory,
    env: { ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: signals === 'caller',
  });
  return {
    stdout: null,
    stderr: child.stderr,
    ended: ended(child),
    kill: (signal) => kill(child, signal, signals),
  };
}

/** The flags that a run on the rendered project needs of what the user gave: the others are resolved into it. */
export const flagsOfReading = [
  '--file',
  '--project-name',
  '--project-directory',
  '--workdir',
] as const;

function composeArguments(run: ComposeRun): string[] {
  return [
    'compose',
    '--file=/dev/fd/3',
    `--project-name=${run.project.name}`,
    `--project-directory=${run.project.directory}`,
    ...run.globalFlags,
    run.command,
    ...run.args,
  ];
}

function composeEnvironment({ rendered, environment }: ComposeRun): NodeJS.ProcessEnv {
  const unset = new Set(rendered.unset.filter((name) => !isNeededByCompose(name)));
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !unset.has(name))),
    ...Object.fromEntries(rendered.values),
  };
}

/** In a group of its own `docker` and its Compose plugin both get it, as they would from a terminal. */
function kill(child: ChildProcess, signal: NodeJS.Signals, signals: ComposeRun['signals']): void {
  if (signals === 'terminal' || child.pid === undefined) {
    child.kill(signal);
  } else if (child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, signal);
  }
}

const signalNumbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
};

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(error)));
    child.once('close', (exitCode, signal) => {
      resolve(exitCode ?? 128 + (signal === null ? 0 : (signalNumbers[signal] ?? 15)));
    });
  });
}

function notStarted(error: unknown) {
  if (error instanceof Error && 'code' in error && error.code === 'E2BIG') {
    return kdevError('COMPOSE_FAILED', {
      fact: "the pod's environment is larger than this machine lets a program have",
      hints: [{ who: 'you', text: 'leave out what is not needed: x-kdev.env.exclude' }],
      cause: error,
    });
  }
  return kdevError('COMPOSE_MISSING', {
    fact: 'docker compose could not be started',
    evidence: error instanceof Error ? error.message : String(error),
    hints: [{ who: 'you', command: 'docker compose version', text: 'must work' }],
    cause: error,
  });
}
