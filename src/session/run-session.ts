import { randomBytes } from 'node:crypto';
import { closeSync, rmSync, writeSync } from 'node:fs';
import { connectEngine } from '../docker/engine.ts';
import { asKdevError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { thisUser } from '../runtime/this-user.ts';
import { adoptContainers } from './adopt-containers.ts';
import { aftermathOf, keepAftermath } from './aftermath.ts';
import { serveControl } from './control-server.ts';
import { releaseLock, takeLock } from './project-lock.ts';
import {
  makeProjectFolder,
  ownRuntimeRoot,
  type ProjectFolder,
  projectFolder,
  writingTo,
} from './runtime-folder.ts';
import { Session } from './session.ts';
import { openLog } from './session-log.ts';
import { removeState } from './state-file.ts';
import { removeEmptyFolders, tidyFolder } from './tidy-folder.ts';
import { Watchdog } from './watchdog.ts';

export interface SessionStart {
  readonly project: string;
  /** Runs kdev: the program and its first arguments. */
  readonly kdev: readonly string[];
}

/** The descriptor on which whoever started the session waits for one line: `ready`, or an error as JSON. */
const readyFd = 3;
const farewellMs = 500;

/** The life of a session's process. Resolves with its exit code. */
export async function runSession(start: SessionStart): Promise<number> {
  const root = ownRuntimeRoot();
  const folder = projectFolder(root, start.project);
  const log = openLog(folder.log);
  try {
    makeProjectFolder(root, folder);
    writingTo(folder, () => takeLock(folder, start.project));
    try {
      return await live(start, { folder, log });
    } finally {
      releaseLock(folder);
      removeEmptyFolders(root, folder);
    }
  } catch (error) {
    log(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    tellStarter(JSON.stringify(asKdevError(error).toPlain()));
    return 1;
  }
}

interface Place {
  readonly folder: ProjectFolder;
  readonly log: (text: string) => void;
}

async function live({ project, kdev }: SessionStart, { folder, log }: Place): Promise<number> {
  const { version } = installedPackage();
  const engine = await connectEngine();
  const { id, removed } = await adoptContainers(engine, project);
  if (removed.length > 0) {
    log(`containers without a session were removed: ${removed.join(', ')}`);
    keepAftermath(folder, aftermathOf(project, { containers: removed }));
  }
  const session = new Session({
    id,
    key: { id: randomBytes(16).toString('hex'), secret: randomBytes(32) },
    project,
    folder,
    engine,
    version,
    owner: thisUser().owner,
    refused: new Set((process.env['KDEV_REFUSE'] ?? '').split(',')),
    env: process.env,
    log,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log(`${signal}: the session ends`);
      session.end('remove').catch((error: unknown) => log(`end: ${error}`));
    });
  }
  process.on('SIGHUP', () => log('SIGHUP: the terminal is gone, the session stays'));
  const watchdog = new Watchdog([...kdev, '__aftermath', project], log);
  const handlers = session.handlers();
  const control = await serveControl({ path: folder.controlSocket, version, handlers, log });
  log(`session ${id} of ${project}, kdev ${version}, process ${process.pid}`);
  tellStarter('ready');
  const how = await session.ended;
  rmSync(folder.controlSocket, { force: true });
  removeState(folder);
  watchdog.done();
  log(`session ${id} has ended`);
  tidyFolder(folder, how);
  // The answer to `end` is on its way.
  await new Promise((resolve) => setTimeout(resolve, farewellMs));
  control.close();
  return 0;
}

function tellStarter(line: string): void {
  try {
    writeSync(readyFd, `${line}\n`);
    closeSync(readyFd);
  } catch {
    // The starter is gone; its connection will be missed.
  }
}
