import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Decision } from './control.ts';
import { type ProjectFolder, writingTo } from './runtime-folder.ts';

/** What a session writes down of itself, so that what it made can be removed when it is dead. Nothing secret. */
export interface SessionState {
  readonly session: string;
  readonly pid: number;
  readonly project: string;
  readonly directory: string;
  /** Its compose files. */
  readonly files: readonly string[];
  readonly version: string;
  readonly owner: string;
  readonly since: string;
  /** Where the agent of each service is. */
  readonly places: readonly {
    readonly service: string;
    /** KUBECONFIG of the command that brought it up. */
    readonly kubeconfig?: string | undefined;
    readonly context: string;
    readonly namespace: string;
  }[];
}

export function placeOf({
  decision,
  kubeconfig,
}: {
  readonly decision: Decision;
  readonly kubeconfig: string | undefined;
}): SessionState['places'][number] {
  const { service, context, agentNamespace } = decision;
  return { service, kubeconfig, context: context.value, namespace: agentNamespace };
}

export function writeState(folder: ProjectFolder, state: SessionState): void {
  writeWhole(folder, folder.state, state);
}

/** Nobody reads half of it. */
export function writeWhole(folder: ProjectFolder, path: string, content: object): void {
  const draft = `${path}.draft`;
  writingTo(folder, () => {
    writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  });
}

export function readState(path: string): SessionState | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SessionState;
  } catch {
    return undefined;
  }
}

/** The session ended by itself and left nothing. */
export function removeState(folder: ProjectFolder): void {
  rmSync(folder.state, { force: true });
}

/**
 * Takes a dead session's state for the one process that cleans up after it; undefined where there is none, or where
 * another process has it.
 */
export function claimState(folder: ProjectFolder): SessionState | undefined {
  try {
    renameSync(folder.state, claimPath(folder));
  } catch {
    return undefined;
  }
  return readState(claimPath(folder));
}

export function isClaimed(folder: ProjectFolder): boolean {
  return existsSync(claimPath(folder));
}

export function releaseClaim(folder: ProjectFolder): void {
  rmSync(claimPath(folder), { force: true });
}

function claimPath(folder: ProjectFolder): string {
  return `${folder.state}.claimed`;
}

/** Whether a process of this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
