import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../run/shell.ts';

/** A `docker` before the real one on the PATH, which does this shell script's work. */
async function dockerBefore(folder: string, name: string, script: string) {
  const bin = path.join(folder, `docker-${name}`);
  await mkdir(bin, { recursive: true });
  const program = path.join(bin, 'docker');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

/** The real Docker, whose Compose says that it is of this version. */
export async function dockerWithCompose(folder: string, version: string) {
  const docker = await run('sh', ['-c', 'command -v docker']);
  const says = `[ "$*" = "compose version --short" ] && echo ${version} && exit`;
  return await dockerBefore(folder, version, `${says}\nexec ${docker.trim()} "$@"`);
}

/** One that never answers. */
export async function dockerThatHangs(folder: string) {
  return await dockerBefore(folder, 'hangs', 'exec sleep 60');
}
