import type { BigIntStats } from 'node:fs';
import type { FileAttributes } from '../../src/protocol/messages.ts';

/** Numbers of more than 53 bits (an inode of some file systems) lose their last digits; times keep theirs. */
export function attributesOf(stats: BigIntStats): FileAttributes {
  return {
    ino: Number(stats.ino),
    mode: Number(stats.mode),
    nlink: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    rdev: Number(stats.rdev),
    size: Number(stats.size),
    blocks: Number(stats.blocks),
    atimeNs: stats.atimeNs,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
  };
}
