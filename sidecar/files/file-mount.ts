import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { FileAnswer, FileQuestion, FileServerOptions } from './file-server.ts';
import { detach, mountFuse } from './mount.ts';
import type { RemoteFiles } from './remote-files.ts';

/** A server that lived shorter than this is respawned only after the same time: a crash at start must not spin. */
const RESPAWN_PAUSE_MS = 500;
/** Servers in a row that died young; then the mount is given up: with nobody to answer, every reader would hang. */
const MAX_YOUNG_DEATHS = 5;

export interface FileMountOptions {
  /** Directory or file on which to mount. */
  readonly target: string;
  /** The path in the target's container that it shows. */
  readonly root: string;
  readonly single: boolean;
  /** Named in `mount`: namespace and pod. */
  readonly source: string;
  /** argv of the server program; the options follow as one JSON argument. */
  readonly program: readonly string[];
  readonly files: RemoteFiles;
  readonly report: (text: string) => void;
}

/**
 * One FUSE mount and the process that serves it. The sidecar keeps the descriptor: when the server dies, the next one goes
 * on with the same connection, and the kernel sends again what was unanswered, so that the service sees a pause only.
 *
 * Ways to end: `close()`; servers that cannot live (reported, then closed); unmounted from outside (the server exits 0,
 * nothing follows); the sidecar's death, after which the next sidecar detaches the dead mount.
 */
export class FileMount {
  readonly #options: FileMountOptions;
  readonly #fd: number;
  #server: ChildProcess | undefined;
  #generation = 0;
  #youngDeaths = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: FileMountOptions, fd: number) {
    this.#options = options;
    this.#fd = fd;
  }

  static async open(options: FileMountOptions): Promise<FileMount> {
    await detach(options.target);
    const fd = await mountFuse(options.target, options);
    const mount = new FileMount(options, fd);
    mount.#startServer();
    return mount;
  }

  /** The serving process's id, for status and tests; undefined between two servers. */
  get serverPid(): number | undefined {
    return this.#server?.pid;
  }

  /** Gives the descriptor up first: that aborts the connection, so that neither a reader nor umount can hang. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#server?.kill('SIGKILL');
    closeSync(this.#fd);
    await detach(this.#options.target);
  }

  #startServer(): void {
    const { root, program, files } = this.#options;
    const [command = process.execPath, ...args] = program;
    const options: FileServerOptions = { root, generation: this.#generation++ };
    const server = spawn(command, [...args, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', this.#fd, 'ipc'],
      serialization: 'advanced',
    });
    const startedAt = performance.now();
    this.#server = server;
    server.on('message', (question: FileQuestion) => answer(server, files, question));
    server.on('error', () => undefined); // 'exit' follows, or the spawn failed and the pause below tries again
    server.on('close', (code) => {
      this.#server = undefined;
      if (code !== 0) this.#replaceServer(performance.now() - startedAt);
    });
  }

  #replaceServer(livedMs: number): void {
    if (this.#closing !== undefined) return;
    const young = livedMs < RESPAWN_PAUSE_MS;
    this.#youngDeaths = young ? this.#youngDeaths + 1 : 0;
    if (this.#youngDeaths >= MAX_YOUNG_DEATHS) {
      this.#options.report(`${this.#options.root} is no longer shown: its server cannot run`);
      this.close().catch(() => undefined);
      return;
    }
    const again = () => {
      if (this.#closing === undefined) this.#startServer();
    };
    setTimeout(again, young ? RESPAWN_PAUSE_MS : 0).unref();
  }
}

function answer(server: ChildProcess, files: RemoteFiles, question: FileQuestion): void {
  operate(files, question).then(
    (reply) => send(server, reply),
    (error: NodeJS.ErrnoException) => send(server, { id: question.id, code: error.code ?? 'EIO' }),
  );
}

function send(server: ChildProcess, reply: FileAnswer): void {
  if (server.connected) server.send(reply, () => undefined); // a server that died meanwhile asks again
}

async function operate(files: RemoteFiles, question: FileQuestion): Promise<FileAnswer> {
  const { id, ask, path, offset, length } = question;
  switch (ask) {
    case 'stat':
      return { id, ...(await files.stat(path)) };
    case 'list':
      return { id, entries: await files.list(path) };
    case 'read':
      return { id, bytes: await files.read(path, offset, length) };
  }
}
