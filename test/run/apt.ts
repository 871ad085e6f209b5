import { writeFile } from 'node:fs/promises';
import { ownDebianArchive } from './debian-archive.ts';
import type { DebianPackage } from './needs.ts';
import { outputOf, run } from './shell.ts';
import type { Step } from './steps.ts';

/** The Debian release that is new enough, for what is too old in the machine's own. */
const newerRelease = 'trixie';
const aptTimeoutMs = 15 * 60_000;

/** Whether this machine has apt and we may use it. */
export async function canInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await outputOf('apt-get', ['--version'])) !== undefined;
}

/** Installs Debian packages; where one is too old here, all of them from a newer release that apt otherwise stays clear of. */
export async function install(packages: readonly DebianPackage[], step: Step): Promise<void> {
  await apt(['update'], step);
  const here = await candidates(packages);
  if (here.missing.length === 0) return await installNamed(here.names, [], step);

  await offerNewerRelease(here.missing, step);
  // Its libc comes along: as the target release, apt may upgrade what is built on the old one instead of removing it.
  const target = ['--target-release', newerRelease];
  const there = await candidates(packages, target);
  if (there.missing.length > 0) throw new Error(tooOld(there.missing));
  await installNamed(there.names, target, step);
}

async function installNamed(
  names: readonly string[],
  options: readonly string[],
  step: Step,
): Promise<void> {
  await apt(['install', '--yes', '--no-install-recommends', ...options, ...names], step);
}

interface Candidates {
  /** For each package the first of its names that apt would install in a version that will do. */
  readonly names: readonly string[];
  readonly missing: readonly DebianPackage[];
}

async function candidates(
  packages: readonly DebianPackage[],
  options: readonly string[] = [],
): Promise<Candidates> {
  const found = await Promise.all(packages.map((wanted) => findCandidate(wanted, options)));
  return {
    names: found.filter((name) => name !== undefined),
    missing: packages.filter((wanted, index) => found[index] === undefined && !wanted.optional),
  };
}

async function findCandidate(
  wanted: DebianPackage,
  options: readonly string[],
): Promise<string | undefined> {
  for (const name of wanted.names) {
    const policy = await outputOf('apt-cache', [...options, 'policy', name]);
    const version = /Candidate: (\d\S*)/.exec(policy ?? '')?.[1];
    if (version === undefined) continue;
    if (wanted.atLeast === undefined) return name;
    const compare = ['--compare-versions', version, 'ge', wanted.atLeast];
    if ((await outputOf('dpkg', compare)) !== undefined) return name;
  }
  return undefined;
}

/** Adds the newer release of the machine's own archive at a priority that keeps everything else where it is. */
async function offerNewerRelease(missing: readonly DebianPackage[], step: Step): Promise<void> {
  const policy = await outputOf('apt-cache', ['policy']);
  if (policy?.includes(`n=${newerRelease},`)) return;
  const archive = await ownDebianArchive();
  if (archive === undefined) throw new Error(tooOld(missing));
  const source = [
    'Types: deb',
    `URIs: ${archive}`,
    `Suites: ${newerRelease}`,
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
  ];
  const pin = ['Package: *', `Pin: release n=${newerRelease}`, 'Pin-Priority: 100'];
  const name = `kdev-test-${newerRelease}`;
  await writeFile(`/etc/apt/sources.list.d/${name}.sources`, `${source.join('\n')}\n`);
  await writeFile(`/etc/apt/preferences.d/${name}`, `${pin.join('\n')}\n`);
  await apt(['update'], step);
}

function tooOld(missing: readonly DebianPackage[]): string {
  const names = missing.map(({ names: all, atLeast = 'any version' }) => `${all[0]} (${atLeast})`);
  return `apt does not offer ${names.join(', ')}`;
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
