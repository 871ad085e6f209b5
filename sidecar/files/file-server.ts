import type { DirectoryEntry, FileAttributes } from '../../src/protocol/messages.ts';
import { serveFuse } from './fuse-server.ts';
import type { RemoteFiles } from './remote-files.ts';
import { RemoteTree } from './remote-tree.ts';

/** The descriptor of the mount in the server process, inherited from the sidecar. */
export const FUSE_FD = 3;
/** Longest that any file operation may take; then the service gets EIO. */
const DEADLINE_MS = 10_000;

/** What the server process is told at its start, as JSON in its last argument. */
export interface FileServerOptions {
  readonly root: string;
  /** 0 for the first server of a mount, one more for each that takes over from a dead one. */
  readonly generation: number;
}

/** Server → sidecar: one operation of the agent. */
export interface FileQuestion {
  readonly id: number;
  readonly ask: 'stat' | 'list' | 'read';
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Sidecar → server. */
export type FileAnswer =
  | {
      readonly id: number;
      readonly attributes?: FileAttributes;
      readonly link?: string;
      readonly entries?: readonly DirectoryEntry[];
      readonly bytes?: Uint8Array;
    }
  | { readonly id: number; readonly code: string };

/** Each generation counts its nodes from here on, so that a number never means two files. */
const NODES_A_GENERATION = 2 ** 40;

/**
 * The program that serves one mount, in a process of its own: nothing that the sidecar does can delay it, and touching
 * the mount from the sidecar cannot deadlock it. It asks the sidecar over Node's IPC channel and ends with the mount.
 */
export async function runFileServer({ root, generation }: FileServerOptions): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  const tree = new RemoteTree(questionsTo(process), {
    root,
    firstId: generation * NODES_A_GENERATION,
    now: () => performance.now(),
  });
  await serveFuse(FUSE_FD, tree, { deadlineMs: DEADLINE_MS, resumed: generation > 0 });
}

function questionsTo(channel: NodeJS.Process): RemoteFiles {
  const waiting = new Map<number, (answer: FileAnswer) => void>();
  let nextId = 1;
  channel.on('message', (answer: FileAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ask = async (what: FileQuestion['ask'], path: string, offset = 0, length = 0) => {
    const id = nextId++;
    const answered = new Promise<FileAnswer>((resolve) => waiting.set(id, resolve));
    channel.send?.({ id, ask: what, path, offset, length } satisfies FileQuestion);
    const answer = await answered;
    if ('code' in answer) throw Object.assign(new Error(answer.code), { code: answer.code });
    return answer;
  };
  return {
    async stat(path) {
      const { attributes, link } = await ask('stat', path);
      if (!attributes) throw Object.assign(new Error('no attributes'), { code: 'EIO' });
      return link === undefined ? { attributes } : { attributes, link };
    },
    async list(path) {
      return (await ask('list', path)).entries ?? [];
    },
    async read(path, offset, length) {
      const { bytes = new Uint8Array() } = await ask('read', path, offset, length);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  };
}
