import { type ExecFileException, execFile } from 'node:child_process';
import { kdevError } from '../errors/kdev-error.ts';

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `docker` for its answer. */
export type AskDocker = (
  args: readonly string[],
  options?: { readonly input?: Buffer },
) => Promise<Answer>;

const deadlineMs = 30_000;
const answerBytes = 64 * 1024 * 1024;

export function dockerAsker(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): AskDocker {
  return (args, { input } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        cwd: directory,
        env: environment,
        timeout: deadlineMs,
        maxBuffer: answerBytes,
        encoding: 'utf8',
      } as const;
      const child = execFile('docker', [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
        else reject(notAnswered(args, error));
      });
      // A program that ends before it has read everything closes the pipe; its exit code tells the rest.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input ?? '');
    });
}

function notAnswered(args: readonly string[], error: ExecFileException) {
  if (error.code === 'ENOENT') {
    return kdevError('COMPOSE_MISSING', {
      fact: 'there is no docker command on the PATH',
      hints: [
        { who: 'you', text: 'install Docker with its Compose plugin (docs/errors.md, KDEV12101)' },
      ],
      cause: error,
    });
  }
  if (error.killed === true) {
    return kdevError('DEADLINE_PASSED', {
      fact: `docker ${args.slice(0, 2).join(' ')} gave no answer within ${deadlineMs / 1000} s`,
      hints: [{ who: 'you', command: 'docker compose version', text: 'should answer at once' }],
      cause: error,
    });
  }
  return error;
}
