import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { MAX_READ_BYTES } from './fuse-protocol.ts';

/** Time for mount(8) or umount(8) to come back. */
const COMMAND_DEADLINE_MS = 10_000;

/**
 * Mounts a FUSE file system on `target` and answers the descriptor to serve. mount(2) happens in a child that holds the
 * descriptor as its number 3. `default_permissions` lets the kernel check modes; the mount itself is read-only.
 */
export async function mountFuse(
  target: string,
  options: { single: boolean; source: string },
): Promise<number> {
  const fd = openSync('/dev/fuse', 'r+');
  const rootMode = options.single ? '100644' : '40000';
  const flags = `fd=3,rootmode=${rootMode},user_id=0,group_id=0,allow_other,default_permissions,ro,nosuid,nodev,max_read=${MAX_READ_BYTES}`;
  await run(
    'mount',
    ['-i', '-n', '-t', 'fuse.kdev', '-o', flags, `kdev:${options.source}`, target],
    fd,
  );
  return fd;
}

/** Takes away whatever is mounted on `target`, in use or not; nothing mounted is success. */
export async function detach(target: string): Promise<void> {
  await run('umount', ['-n', '-l', target]).catch(() => undefined);
}

async function run(command: string, args: string[], fd?: number): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', fd ?? 'ignore'],
    timeout: COMMAND_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(0, 1000);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${command} ${args.at(-1)}: ${words.trim() || signal || `exit code ${code}`}`),
        );
    });
  });
}
