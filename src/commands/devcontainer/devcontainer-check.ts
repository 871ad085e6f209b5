import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  kdevDocker,
  type ProcessLine,
  usesKdevDocker,
} from '../../devcontainer/uses-kdev-docker.ts';
import { kdevError } from '../../errors/kdev-error.ts';
import { installedPackage } from '../../runtime/installed-package.ts';
import { parseCommand } from '../command-form.ts';
import { devcontainerCheckForm } from '../forms/devcontainer-form.ts';

/**
 * `kdev devcontainer check`, the `initializeCommand` of a dev container: refuses one that Compose would start by itself,
 * outside of the cluster.
 */
export function devcontainerCheck(args: readonly string[]): Promise<number> {
  if (!parseCommand(devcontainerCheckForm, args)) return Promise.resolve(0);
  if (usesKdevDocker(process.ppid, lookUpProcess)) return Promise.resolve(0);
  const program = join(installedPackage().root, 'bin', kdevDocker);
  throw kdevError('DEVCONTAINER_WITHOUT_KDEV', {
    fact: 'the dev container would start outside of the cluster: what starts it calls docker, not kdev-docker',
    hints: [
      {
        who: 'you',
        text: 'with the Dev Containers CLI',
        command: 'devcontainer up --docker-path kdev-docker --workspace-folder .',
      },
      {
        who: 'you',
        text: `in VS Code, once in your user settings: "dev.containers.dockerPath": "${program}"`,
      },
    ],
  });
}

function lookUpProcess(pid: number): ProcessLine | undefined {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [parent = '', ...words] = line.trim().split(/\s+/);
    return { parent: Number(parent), words };
  } catch {
    return undefined; // It has ended.
  }
}
