import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileMount as FilePlan, SidecarConfig } from '../../src/protocol/launch.ts';
import type { AgentApi } from '../../src/protocol/messages.ts';
import { FileMount } from './file-mount.ts';
import { materialise, type TreeSource } from './materialise.ts';
import { detach } from './mount.ts';
import type { RemoteFiles } from './remote-files.ts';

/** Longest wait for one operation of the agent, the way included; a file operation of the service ends with EIO then. */
const CALL_MS = 9000;
const RETRY_MS = 500;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

type FileMethod = Extract<keyof AgentApi, `files.${string}`>;

/** One call of the agent over whatever link there is now; rejects with an errno name as `code`. */
export type CallAgent = <M extends FileMethod>(
  method: M,
  args: AgentApi[M]['args'],
  options: { signal?: AbortSignal; timeoutMs: number },
) => Promise<{ readonly body: AgentApi[M]['answer']; readonly tail: Buffer }>;

export interface ShownFiles {
  /** Paths that are not shown yet, with why: the sidecar is healthy once this is empty. */
  missing(): readonly string[];
  /** The innermost tree that holds a path of the service's, and why it is not shown yet. */
  find(path: string): { readonly plan: FilePlan; readonly missing: string | undefined } | undefined;
  close(): Promise<void>;
}

export interface ShowFilesOptions {
  readonly call: CallAgent;
  readonly program: readonly string[];
  readonly source: string;
  readonly report: (text: string) => void;
  /** Has the service's connections to a unix socket carried. */
  readonly listenUnix: (socket: { path: string; target: string }) => Promise<unknown>;
}

/**
 * Shows the target's files as the plan says: small kubelet volumes as real files that follow the pod's, the rest through
 * FUSE. Starts at once and keeps trying: the link may come later, and a path may be made later.
 */
export function showFiles(files: SidecarConfig['files'], options: ShowFilesOptions): ShownFiles {
  const stop = new AbortController();
  const missing = new Map(files.mounts.map(({ path }) => [path, 'not asked for yet']));
  const open: FileMount[] = [];
  const ways = { fuse: mount, materialise: keep, socket: listen };
  const running = files.mounts.map((plan) => show(plan));
  return {
    missing: () => [...missing].map(([path, why]) => `${path}: ${why}`),
    find(path) {
      const plan = files.mounts.findLast((mount) => isWithin(path, mount.path));
      return plan && { plan, missing: missing.get(plan.path) };
    },
    async close() {
      stop.abort();
      await Promise.all(open.map((mount) => mount.close()));
      await Promise.all(running);
    },
  };

  async function show(plan: FilePlan): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await ways[plan.how](plan);
        return;
      } catch (error) {
        missing.set(plan.path, error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
  }

  async function keep({ path, stub }: FilePlan): Promise<void> {
    const target = join(required(files.materialised), stub);
    await mkdir(dirname(target), { recursive: true });
    const { done } = await materialise(treeSource(options.call), {
      path,
      target,
      signal: stop.signal,
      report: options.report,
    });
    missing.delete(path);
    await done;
  }

  async function listen({ path, stub }: FilePlan): Promise<void> {
    await options.listenUnix({ path, target: join(required(files.materialised), stub) });
    missing.delete(path);
  }

  async function mount({ path, stub }: FilePlan): Promise<void> {
    const target = join(required(files.mounted), stub);
    await detach(target); // what a killed sidecar left: touching it would fail
    const remote = remoteFiles(options.call, path);
    const single = await makeStub(target, await remote.stat(path));
    open.push(
      await FileMount.open({
        target,
        root: path,
        single,
        source: options.source,
        program: options.program,
        files: remote,
        report: options.report,
      }),
    );
    missing.delete(path);
  }
}

/** The plan has outer trees before those inside of them. */
function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree.endsWith('/') ? tree : `${tree}/`);
}

/** A file where the path in the pod is one, else a directory; tells which. */
async function makeStub(
  target: string,
  { attributes }: { readonly attributes: { readonly mode: number } },
): Promise<boolean> {
  const single = (attributes.mode & S_IFMT) === S_IFREG;
  await mkdir(single ? dirname(target) : target, { recursive: true });
  if (single && !(await stat(target).catch(() => undefined))) await writeFile(target, '');
  return single;
}

function required(directory: string | undefined): string {
  if (directory === undefined)
    throw new Error('the configuration names no directory to show files in');
  return directory;
}

/** The mount's own root may be a link in the pod: it is followed there. Links below are shown as links. */
function remoteFiles(call: CallAgent, root: string): RemoteFiles {
  return {
    async stat(path) {
      return (await call('files.stat', { path, follow: path === root }, { timeoutMs: CALL_MS }))
        .body;
    },
    async list(path) {
      return (await call('files.list', { path }, { timeoutMs: CALL_MS })).body.entries;
    },
    async read(path, offset, length) {
      return (await call('files.read', { path, offset, length }, { timeoutMs: CALL_MS })).tail;
    },
  };
}

function treeSource(call: CallAgent): TreeSource {
  return {
    async read(path, signal) {
      const { body, tail } = await call('files.tree', { path }, { timeoutMs: CALL_MS, signal });
      return { files: body.files, version: body.version, bytes: tail };
    },
    async watch(path, version, { waitMs, signal }) {
      const { body } = await call(
        'files.watch',
        { path, version, waitMs },
        { timeoutMs: waitMs + CALL_MS, signal },
      );
      return body.version;
    },
  };
}
