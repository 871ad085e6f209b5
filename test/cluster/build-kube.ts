import { createHash } from 'node:crypto';
import { readdir, readFile, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { filledFolder } from '../run/cache-folder.ts';
import { outputOf, pipe, run } from '../run/shell.ts';
import { type Step, step } from '../run/steps.ts';

const source = path.join(import.meta.dirname, 'kube');
const buildTags = 'selinux,notest,providerless,dockerless';
// As node/containerd.toml and node/coredns.yaml name it.
const pauseImage = 'kdev-test/pause:1';
const buildTimeoutMs = 40 * 60_000;

/** The programs of the test cluster, built: a folder that holds `kube`, `kubectl` and `pause.tar`. */
export interface KubeBuild {
  readonly folder: string;
  /** Hash of everything that went in. */
  readonly key: string;
  readonly version: string;
}

/** The Kubernetes version that `kube/go.mod` pins. */
export async function kubernetesVersion(): Promise<string> {
  const manifest = await readFile(path.join(source, 'go.mod'), 'utf8');
  const version = /^\s*(?:require )?k8s\.io\/kubernetes v(\S+)$/m.exec(manifest)?.[1];
  if (version === undefined)
    throw new Error('test/cluster/kube/go.mod does not require k8s.io/kubernetes');
  return version;
}

/** Builds the programs, or finds them in the user's cache. The first build on a machine takes about nine minutes. */
export async function buildKube(): Promise<KubeBuild> {
  const version = await kubernetesVersion();
  const key = await hashInputs();
  const folder = await filledFolder(`kube-${key}`, async (unfinished) => {
    await step(`building Kubernetes ${version} (about 9 minutes the first time)`, (running) =>
      compile(unfinished, version, running),
    );
  });
  return { folder, key, version };
}

async function hashInputs(): Promise<string> {
  const hash = createHash('sha256').update(`${process.arch}\n${buildTags}\n`);
  const names = (await readdir(source, { recursive: true })).filter((name) =>
    /\.go$|^go\.(mod|sum)$/.test(name),
  );
  for (const name of names.sort()) {
    hash.update(`${name}\n`).update(await readFile(path.join(source, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function compile(folder: string, version: string, running: Step): Promise<void> {
  const total = await countPackages(running);
  const [major, minor] = version.split('.');
  const stamp = 'k8s.io/component-base/version';
  const linker = `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
  let compiled = 0;
  await go(
    ['build', '-v', '-trimpath', '-tags', buildTags, '-ldflags', linker, '-o', folder, '.'],
    (line) => {
      compiled += 1;
      running.detail(`${compiled} of at most ${total} packages, ${line}`);
    },
  );
  await go(['build', '-trimpath', '-ldflags', '-s -w', '-o', folder, './pause']);
  // Go names the program for its module.
  await rename(path.join(folder, 'cluster'), path.join(folder, 'kube'));
  await symlink('kube', path.join(folder, 'kubectl'));
  await savePauseImage(folder);
}

/** The image that holds a pod's namespaces, as an archive that the node loads at its start. */
async function savePauseImage(folder: string): Promise<void> {
  const change = ['--change', 'ENTRYPOINT ["/pause"]'];
  await pipe(
    ['tar', '-C', folder, '-c', 'pause'],
    ['docker', 'import', ...change, '-', pauseImage],
  );
  await run('docker', ['save', '--output', path.join(folder, 'pause.tar'), pauseImage]);
  await run('docker', ['image', 'rm', pauseImage]);
}

async function countPackages(running: Step): Promise<number> {
  running.detail('downloading modules');
  const listed = await go(['list', '-deps', '-tags', buildTags, '.']);
  return listed.split('\n').length;
}

async function go(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
  const env = { CGO_ENABLED: '0', ...(await newEnoughToolchain()) };
  const options = { cwd: source, env, timeoutMs: buildTimeoutMs };
  return await run('go', args, onLine ? { ...options, onLine } : options);
}

/** An older Go may be told to keep to itself; it needs leave to fetch the one that go.mod asks for. */
async function newEnoughToolchain(): Promise<Record<string, string>> {
  const wanted = /^go 1\.(\d+)/m.exec(await readFile(path.join(source, 'go.mod'), 'utf8'))?.[1];
  const present = /go1\.(\d+)/.exec((await outputOf('go', ['env', 'GOVERSION'])) ?? '')?.[1];
  return Number(present) >= Number(wanted) ? {} : { GOTOOLCHAIN: 'auto' };
}
