import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from './engine.ts';

const headerBytes = 8;
const pipeBytes = 64 * 1024;
/** What a relay may complain about before the rest is dropped: it is only logged. */
const complaintBytes = 4 * 1024;
const exitMs = 2_000;
const againMs = 50;

/**
 * Runs a command in a container and gives its stdin and stdout as one stream. Ways to end: the command exits (`end`,
 * then `close`); the engine's connection breaks (`close`, with an error where there was one); the caller ends the
 * stream and the command reads end of file; the caller destroys it, which the command notices likewise.
 */
export async function openExecPipe(
  engine: Engine,
  containerId: string,
  command: readonly string[],
): Promise<ExecPipe> {
  return await engine.ask(`run ${command[0]} in a container`, async (docker) => {
    const exec = await docker.getContainer(containerId).exec({
      Cmd: [...command],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    });
    const connection = await exec.start({ hijack: true, stdin: true });
    return new ExecPipe(connection, () => exitCodeOf(() => exec.inspect()));
  });
}

interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
}

/** The engine closes the streams of a command a moment before it knows how the command ended. */
async function exitCodeOf(inspect: () => Promise<ExecState>): Promise<number | null> {
  for (let waitedMs = 0; ; waitedMs += againMs) {
    const { Running, ExitCode } = await inspect();
    if (!Running || waitedMs >= exitMs) return ExitCode;
    await delay(againMs);
  }
}

/**
 * The engine's multiplexed stream (Engine API, "Attach to a container", stream format): `u8 type | 3 zero bytes |
 * u32 length` before each piece; type 1 is stdout, 2 is stderr. Bytes written are stdin as they are.
 */
export class ExecPipe extends Duplex {
  /** What the command wrote to stderr, cut at 4 KiB. */
  complaint = '';
  /** Of the command, when the stream has closed; null where it did not end. */
  readonly exitCode: () => Promise<number | null>;
  readonly #connection: Duplex;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #left = 0;
  #isStderr = false;

  constructor(connection: Duplex, exitCode: () => Promise<number | null>) {
    super({ highWaterMark: pipeBytes, allowHalfOpen: false });
    this.exitCode = exitCode;
    this.#connection = connection;
    connection.on('data', (chunk: Buffer) => this.#take(chunk));
    connection.on('end', () => this.push(null));
    // The command has exited: what it has not read is written to nobody, and would hold the stream open for ever.
    this.once('end', () => this.destroy());
    connection.on('error', (error) => this.destroy(error));
    connection.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void) {
    this.#connection.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#connection.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at += this.#takeHeader(chunk, at);
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      if (this.#isStderr) this.#complain(piece);
      else if (!this.push(piece)) this.#connection.pause();
    }
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(
      this.#header,
      this.#headerFilled,
      at,
      at + headerBytes - this.#headerFilled,
    );
    this.#headerFilled += taken;
    if (this.#headerFilled === headerBytes) {
      this.#headerFilled = 0;
      this.#isStderr = this.#header[0] === 2;
      this.#left = this.#header.readUInt32BE(4);
    }
    return taken;
  }

  #complain(piece: Buffer): void {
    this.complaint = (this.complaint + piece.toString()).slice(0, complaintBytes);
  }
}
