import { isDebian } from './debian-archive.ts';
import { outputOf } from './shell.ts';

/** A Debian package; `names` are tried in order, `atLeast` is the first of Debian's versions that will do. */
export interface DebianPackage {
  readonly names: readonly string[];
  readonly atLeast?: string;
  /** Part of another package on some releases: left out where apt does not know it. */
  readonly optional?: boolean;
}

/** Something that the machine must have, how Debian calls it, and where others get it. */
export interface Need {
  readonly name: string;
  readonly packages: readonly DebianPackage[];
  readonly elsewhere: string;
  isMet(): Promise<boolean>;
}

const distribution = "your distribution's package";

// 26: the first engine that mounts a folder of a volume, and whose API the cli speaks.
const docker: Need = {
  name: 'Docker Engine 26 or newer',
  packages: [
    { names: ['docker.io'], atLeast: '26' },
    { names: ['docker-cli'], atLeast: '26', optional: true },
  ],
  elsewhere: 'https://docs.docker.com/engine/install/',
  isMet: async () => {
    if ((await outputOf('docker', ['--version'])) === undefined) return false;
    const running = await outputOf('docker', ['version', '--format', '{{.Server.Version}}']);
    return atLeast(running ?? (await outputOf('dockerd', ['--version'])), [26, 0]);
  },
};

const compose: Need = {
  name: 'Docker Compose 2.26 or newer',
  packages: [{ names: ['docker-compose-v2', 'docker-compose'], atLeast: '2.26' }],
  elsewhere: 'https://docs.docker.com/compose/install/linux/',
  isMet: async () => atLeast(await outputOf('docker', ['compose', 'version', '--short']), [2, 26]),
};

// 1.21: the first Go that fetches by itself the newer one that the cluster's go.mod asks for.
const go: Need = {
  name: 'Go 1.21 or newer',
  packages: [{ names: ['golang-go'], atLeast: '2:1.21' }],
  elsewhere: 'https://go.dev/doc/install',
  isMet: async () => atLeast(await outputOf('go', ['version']), [1, 21]),
};

const buildx = tool('Docker Buildx', 'docker-buildx', ['docker', 'buildx', 'version']);
// On another system, or without root, the public image of Debian takes its place.
const debootstrap: Need = {
  name: 'debootstrap',
  packages: [{ names: ['debootstrap'] }],
  elsewhere: distribution,
  isMet: async () =>
    (await outputOf('debootstrap', ['--version'])) !== undefined || !(await isDebian()),
};
const ip = tool('ip', 'iproute2', ['ip', '-V']);
const nft = tool('nft', 'nftables', ['nft', '--version']);
const sysctl = tool('sysctl', 'procps', ['sysctl', '--version']);
const iptables = tool('iptables', 'iptables', ['iptables', '--version']);
// The files ring looks at a mount with a program that is not kdev's own.
const python = tool('Python 3', 'python3', ['python3', '--version']);

/** What the test cluster and the images of the tests are made with. */
export const clusterNeeds: readonly Need[] = [docker, compose, buildx, go, debootstrap];
/** What all rings need together. */
export const testNeeds: readonly Need[] = [...clusterNeeds, ip, nft, iptables, sysctl, python];

function tool(name: string, debianName: string, [program = '', ...args]: string[]): Need {
  return {
    name,
    packages: [{ names: [debianName] }],
    elsewhere: distribution,
    isMet: async () => (await outputOf(program, args)) !== undefined,
  };
}

/** Whether the first `major.minor` in what a program says of itself is at least `wanted`. */
export function atLeast(text: string | undefined, wanted: readonly [number, number]): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text ?? '') ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > wanted[0] || (Number(major) === wanted[0] && Number(minor) >= wanted[1]);
}
