import {
  CHANGING,
  type Dirent,
  decodeRequest,
  encodeAttributes,
  encodeDirents,
  encodeEntry,
  encodeHeader,
  encodeInit,
  encodeNotify,
  encodeOpen,
  encodeStatfs,
  MAX_READ_BYTES,
  NOTIFY_RESEND,
  OPCODE,
  REPLY_HEADER_BYTES,
  type Request,
  readName,
  readU64,
  requestKey,
} from './fuse-protocol.ts';
import { type FuseTransport, openFuseTransport } from './fuse-transport.ts';
import type { RemoteTree } from './remote-tree.ts';

/** errno numbers of Linux; every other failure of the tree is EIO. */
const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EFBIG: 27,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  ESTALE: 116,
};

type Answer = Buffer | Buffer[];

/**
 * Serves a mounted FUSE descriptor from `tree`, read-only. No request waits longer than `deadlineMs`: it is answered with
 * EIO then, since a reader of a hung page could not even be killed. Resolves when the mount is gone.
 */
export function serveFuse(
  fd: number,
  tree: RemoteTree,
  options: { deadlineMs: number; resumed: boolean },
): Promise<void> {
  const server = new FuseServer(fd, tree, options.deadlineMs);
  if (options.resumed) server.askAgain();
  return server.ended;
}

class FuseServer {
  readonly ended: Promise<void>;
  readonly #tree: RemoteTree;
  readonly #deadlineMs: number;
  readonly #transport: FuseTransport;
  /** Requests in flight: what ends each of them early, with an errno. */
  readonly #pending = new Map<number, (code: string) => void>();

  constructor(fd: number, tree: RemoteTree, deadlineMs: number) {
    this.#tree = tree;
    this.#deadlineMs = deadlineMs;
    this.#transport = openFuseTransport(fd, (buffer, length) => {
      const request = decodeRequest(buffer, length);
      if (request) this.#dispatch(request);
    });
    this.ended = this.#transport.ended;
  }

  askAgain(): void {
    this.#transport.write(encodeNotify(NOTIFY_RESEND));
  }

  #dispatch(request: Request): void {
    if (CHANGING.has(request.opcode)) this.#fail(request, 'EROFS');
    else if (!this.#answerAtOnce(request)) this.#serve(request, this.#start(request));
  }

  /** What needs no agent; false where it does. FORGET and INTERRUPT have no reply. */
  #answerAtOnce(request: Request): boolean {
    switch (request.opcode) {
      case OPCODE.FORGET:
        this.#tree.forget(request.node, readU64(request.body, 0));
        return true;
      case OPCODE.BATCH_FORGET:
        this.#forgetMany(request.body);
        return true;
      case OPCODE.INTERRUPT:
        this.#interrupt(request.body);
        return true;
      case OPCODE.INIT:
        this.#reply(request, encodeInit(request.body));
        return true;
      case OPCODE.STATFS:
        this.#reply(request, encodeStatfs());
        return true;
      case OPCODE.RELEASE:
      case OPCODE.RELEASEDIR:
        this.#tree.close(readU64(request.body, 0));
        this.#reply(request, []);
        return true;
      case OPCODE.DESTROY:
        this.#reply(request, []);
        return true;
      default:
        return false;
    }
  }

  /** Starts an operation that may ask the agent. Everything that it needs of the request's body is read here and now. */
  #start(request: Request): Promise<Answer> | undefined {
    const { node, body } = request;
    switch (request.opcode) {
      case OPCODE.LOOKUP:
        return this.#tree.lookup(node, readName(body)).then(encodeEntry);
      case OPCODE.GETATTR:
        return this.#tree
          .attributes(node)
          .then(({ attributes, ttlMs }) => encodeAttributes(attributes, node, ttlMs));
      case OPCODE.READLINK:
        return this.#tree.link(node);
      case OPCODE.OPEN:
        return this.#tree.openFile(node).then((handle) => encodeOpen(handle, 0));
      case OPCODE.OPENDIR:
        return this.#tree.openDirectory(node).then((handle) => encodeOpen(handle, 0));
      case OPCODE.READ:
        return this.#tree.read(
          readU64(body, 0),
          readU64(body, 8),
          Math.min(body.readUInt32LE(16), MAX_READ_BYTES),
        );
      case OPCODE.READDIR:
        return this.#readDirectory(body, 'plain');
      case OPCODE.READDIRPLUS:
        return this.#readDirectory(body, 'plus');
      default:
        return undefined;
    }
  }

  async #readDirectory(body: Buffer, plus: 'plus' | 'plain'): Promise<Buffer> {
    const handle = readU64(body, 0);
    const from = readU64(body, 8);
    const size = body.readUInt32LE(16);
    const dirents: readonly Dirent[] = await this.#tree.dirents(handle);
    const { bytes, taken } = encodeDirents(dirents, from, size, plus);
    if (plus === 'plus') this.#tree.looked(dirents.slice(from, from + taken));
    return bytes;
  }

  #serve(request: Request, answer: Promise<Answer> | undefined): void {
    if (answer === undefined) {
      this.#fail(request, 'ENOSYS');
      return;
    }
    const kept = { ...request, body: Buffer.alloc(0) };
    const key = requestKey(request.uniqueLow, request.uniqueHigh);
    const settle = (act: () => void) => {
      if (!this.#pending.delete(key)) return;
      clearTimeout(deadline);
      act();
    };
    const abort = (code: string) => settle(() => this.#fail(kept, code));
    const deadline = setTimeout(() => abort('EIO'), this.#deadlineMs);
    this.#pending.set(key, abort);
    answer.then(
      (bytes) => settle(() => this.#reply(kept, bytes)),
      (error: NodeJS.ErrnoException) => abort(error.code ?? 'EIO'),
    );
  }

  /** struct fuse_interrupt_in: the request is answered with EINTR; INTERRUPT itself has no reply. */
  #interrupt(body: Buffer): void {
    this.#pending.get(requestKey(body.readUInt32LE(0), body.readUInt32LE(4)))?.('EINTR');
  }

  #forgetMany(body: Buffer): void {
    const count = Math.min(body.readUInt32LE(0), Math.floor((body.length - 8) / 16));
    for (let index = 0; index < count; index++) {
      this.#tree.forget(readU64(body, 8 + index * 16), readU64(body, 16 + index * 16));
    }
  }

  #fail(request: Request, code: string): void {
    const header = Buffer.alloc(REPLY_HEADER_BYTES);
    encodeHeader(header, REPLY_HEADER_BYTES, ERRNO[code] ?? 5, request);
    this.#transport.write(header);
  }

  #reply(request: Request, answer: Answer): void {
    const parts = Array.isArray(answer) ? answer : [answer];
    const header = Buffer.alloc(REPLY_HEADER_BYTES);
    const bytes = parts.reduce((sum, part) => sum + part.length, REPLY_HEADER_BYTES);
    encodeHeader(header, bytes, 0, request);
    this.#transport.write(header, ...parts);
  }
}
