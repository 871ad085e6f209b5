import { writeFile } from 'node:fs/promises';
import { ownDebianArchive } from './debian-archive.ts';
import type { DebianPackage } from './needs.ts';
import { outputOf, run } from './shell.ts';
import type { Step } from './steps.ts';

/** The Debian release whose packages are new enough, used where the machine's own release is older. */
const newerRelease = 'trixie';
const sourceFile = `/etc/apt/sources.list.d/kdev-test-${newerRelease}.sources`;
const pinFile = `/etc/apt/preferences.d/kdev-test-${newerRelease}`;

// apt does not pull these from the newer release by itself, though what is installed from there needs them.
const companions = ['libc6', 'libc-bin', 'libc6-dev', 'libc-dev-bin', 'base-files'];

const aptTimeoutMs = 15 * 60_000;

/** Whether this machine has apt and we may use it. */
export async function canInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await outputOf('apt-get', ['--version'])) !== undefined;
}

/** Installs Debian packages, those that are too old here from the newer release, which every other package stays clear of. */
export async function install(packages: readonly DebianPackage[], step: Step): Promise<void> {
  step.detail('apt-get update');
  await apt(['update'], step);
  const here: string[] = [];
  const tooOld: DebianPackage[] = [];
  for (const wanted of packages) {
    const name = await findCandidate(wanted);
    if (name !== undefined) here.push(name);
    else tooOld.push(wanted);
  }
  const newer = tooOld.length === 0 ? [] : await fromNewerRelease(tooOld, step);
  await apt(['install', '--yes', '--no-install-recommends', ...here, ...newer], step);
}

/** The first of a package's names that apt would install in a version that will do. */
async function findCandidate(wanted: DebianPackage): Promise<string | undefined> {
  for (const name of wanted.names) {
    const version = await candidateVersion(name);
    if (version === undefined) continue;
    if (wanted.atLeast === undefined) return name;
    const compare = ['--compare-versions', version, 'ge', wanted.atLeast];
    if ((await outputOf('dpkg', compare)) !== undefined) return name;
  }
  return undefined;
}

async function candidateVersion(name: string): Promise<string | undefined> {
  const policy = await outputOf('apt-cache', ['policy', name]);
  const version = /Candidate: (\S+)/.exec(policy ?? '')?.[1];
  return version === '(none)' ? undefined : version;
}

async function fromNewerRelease(packages: readonly DebianPackage[], step: Step): Promise<string[]> {
  const archive = await ownDebianArchive();
  if (archive === undefined) {
    const missing = packages.filter(({ optional }) => !optional).map(({ names }) => names.at(-1));
    if (missing.length === 0) return [];
    throw new Error(`apt offers ${missing.join(', ')} not at all or in a version that is too old`);
  }
  if (!(await offersNewerRelease())) {
    await writeFile(sourceFile, sourceText(archive));
    await writeFile(pinFile, `Package: *\nPin: release n=${newerRelease}\nPin-Priority: 100\n`);
    await apt(['update'], step);
  }
  const names: string[] = [];
  for (const { names: candidates } of packages) {
    const known = await firstKnown(candidates);
    if (known !== undefined) names.push(known);
  }
  const together = await installedOf(companions);
  return [...names, ...together].map((name) => `${name}/${newerRelease}`);
}

async function firstKnown(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const versions = await outputOf('apt-cache', ['madison', name]);
    if (versions?.includes(`${newerRelease}/`)) return name;
  }
  return undefined;
}

async function installedOf(names: readonly string[]): Promise<string[]> {
  const listed = await Promise.all(
    names.map(async (name) => {
      const status = await outputOf('dpkg-query', ['--status', name]);
      return status?.includes('Status: install ok installed') ? [name] : [];
    }),
  );
  return listed.flat();
}

async function offersNewerRelease(): Promise<boolean> {
  const policy = await outputOf('apt-cache', ['policy']);
  return policy?.includes(`n=${newerRelease},`) ?? false;
}

function sourceText(archive: string): string {
  return [
    'Types: deb',
    `URIs: ${archive}`,
    `Suites: ${newerRelease}`,
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
  ].join('\n');
}

async function apt(args: readonly string[], step: Step): Promise<void> {
  await run('apt-get', args, {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: aptTimeoutMs,
    onLine: (line) => {
      if (/^(Get|Unpacking|Setting up|Removing)\b/.test(line)) step.detail(line.slice(0, 60));
    },
  });
}
