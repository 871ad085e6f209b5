import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { buildGrpcProgram } from '../fixtures/app-images.ts';

/** One question to the server, as test/fixtures/grpc/README.md tells. */
export interface Question {
  readonly kind: 'Unary' | 'Client' | 'Server' | 'Bidi' | 'get' | 'get1';
  readonly texts?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  readonly cancelAfter?: number;
  readonly fill?: number;
  readonly times?: number;
  readonly path?: string;
}

export interface Plan {
  readonly tls?: boolean;
  readonly sni?: string;
  readonly userAgent?: string;
  readonly atOnce?: boolean;
  readonly questions: readonly Question[];
}

export interface Result {
  readonly code: string;
  readonly message?: string;
  readonly texts: readonly string[];
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly trailers?: Readonly<Record<string, readonly string[]>>;
}

const callMs = 60_000;

/** A server in a network namespace, once it says that it listens. */
export async function startGrpcServer(
  namespace: string,
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const program = await buildGrpcProgram();
  const child = spawn('ip', ['netns', 'exec', namespace, program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Asks all questions over one connection, from a network namespace. */
export async function callGrpc(
  namespace: string,
  address: string,
  plan: Plan,
): Promise<readonly Result[]> {
  const words = [await buildGrpcProgram(), 'call', address, JSON.stringify(plan)];
  const options = { timeout: callMs, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(
    'ip',
    ['netns', 'exec', namespace, ...words],
    options,
  );
  return JSON.parse(stdout) as Result[];
}

/** A certificate for a name, and its key. */
export async function makeCertificate(name: string): Promise<{ cert: string; key: string }> {
  const { stdout } = await promisify(execFile)(await buildGrpcProgram(), ['certificate', name]);
  return JSON.parse(stdout) as { cert: string; key: string };
}
