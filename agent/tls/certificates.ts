import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import tls from 'node:tls';
import type { Target } from '../target/target.ts';

/** A certificate of the target's and its key. The key stays in this process. */
export interface Certificate {
  readonly x509: X509Certificate;
  readonly context: tls.SecureContext;
}

type ReadFile = (path: string) => Promise<Buffer>;

const MOUNTS_MAX = 200;
const MOUNT_TABLE_MAX_BYTES = 1024 * 1024;

/** Paths of the target at which a file system in memory is mounted: Secrets are shown so. */
async function memoryMounts({ proc, pid }: Target): Promise<readonly string[]> {
  const table = await readFile(`${proc}/${pid}/mountinfo`, 'latin1');
  return parseMemoryMounts(table.slice(0, MOUNT_TABLE_MAX_BYTES));
}

/** Lines of /proc/<pid>/mountinfo, proc_pid_mountinfo(5): the mount point is the fifth field, the type stands behind ` - `. */
export function parseMemoryMounts(table: string): readonly string[] {
  const paths: string[] = [];
  for (const line of table.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4];
    if (point === undefined || !after.startsWith('tmpfs ') || paths.length >= MOUNTS_MAX) continue;
    paths.push(
      point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  }
  return paths;
}

/** The certificates of the target's mounted Secrets of type kubernetes.io/tls; what is none is passed over. */
export async function findCertificates(
  target: Target,
  read: ReadFile,
): Promise<readonly Certificate[]> {
  const mounts = await memoryMounts(target);
  const found = await Promise.all(mounts.map((mount) => readPair(mount, read)));
  return found.filter((one) => one !== undefined);
}

async function readPair(folder: string, read: ReadFile): Promise<Certificate | undefined> {
  try {
    const cert = await read(`${folder}/tls.crt`);
    const key = await read(`${folder}/tls.key`);
    return { x509: new X509Certificate(cert), context: tls.createSecureContext({ cert, key }) };
  } catch {
    return undefined; // no such files, or nothing that fits together
  }
}

/** The one for a name; without a name, or where none is for it, the one that the target itself shows. */
export function chooseCertificate(
  all: readonly Certificate[],
  name: string | undefined,
  shown: string | undefined,
): Certificate | undefined {
  const named = name === undefined ? undefined : all.find(({ x509 }) => x509.checkHost(name));
  return named ?? all.find(({ x509 }) => x509.fingerprint256 === shown);
}
