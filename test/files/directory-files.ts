import type { BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RemoteFiles } from '../../sidecar/files/remote-files.ts';
import type { FileAttributes } from '../../src/protocol/messages.ts';

/** What a test may do to the way between the mount and the files: make it slow, cut it, count on it. */
export interface Way {
  delayMs: number;
  cut: boolean;
  operations: number;
}

/** A plain directory in the agent's place, behind a way that a test controls. Names are latin1 strings of their bytes. */
export function directoryFiles(way: Way): RemoteFiles {
  const travel = async () => {
    way.operations++;
    if (way.cut) throw Object.assign(new Error('cut'), { code: 'EIO' });
    if (way.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, way.delayMs));
  };
  return {
    async stat(path) {
      await travel();
      const found = await lstat(bytes(path), { bigint: true });
      const attributes = attributesOf(found);
      return found.isSymbolicLink() ? { attributes, link: await linkOf(path) } : { attributes };
    },
    async list(path) {
      await travel();
      const names = await readdir(bytes(path), { encoding: 'latin1' });
      return Promise.all(
        names.map(async (name) => {
          const found = await lstat(bytes(join(path, name)), { bigint: true });
          const entry = { name, attributes: attributesOf(found) };
          return found.isSymbolicLink()
            ? { ...entry, link: await linkOf(join(path, name)) }
            : entry;
        }),
      );
    },
    async read(path, offset, length) {
      await travel();
      const file = await open(bytes(path));
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

async function linkOf(path: string): Promise<string> {
  return (await readlink(bytes(path), { encoding: 'buffer' })).toString('latin1');
}

function attributesOf(found: BigIntStats): FileAttributes {
  return {
    ino: Number(found.ino),
    mode: Number(found.mode),
    nlink: Number(found.nlink),
    uid: Number(found.uid),
    gid: Number(found.gid),
    rdev: Number(found.rdev),
    size: Number(found.size),
    blocks: Number(found.blocks),
    atimeNs: found.atimeNs,
    mtimeNs: found.mtimeNs,
    ctimeNs: found.ctimeNs,
  };
}
