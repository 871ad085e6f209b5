import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** Of the service's namespace and its one connected network, in which `NEIGHBOUR` is another compose service and the way out. */
export const SERVICE4 = '10.88.0.2';
export const NEIGHBOUR4 = '10.88.0.1';
export const SERVICE6 = 'fd00:88::2';
export const NEIGHBOUR6 = 'fd00:88::1';
/** Addresses of the cluster; the developer's own network has somebody else at each of them. */
export const CLUSTER4 = '10.96.0.10';
export const CLUSTER6 = 'fd00:96::10';
/** `host.docker.internal` of /etc/hosts: in no connected network. */
export const DOCKER_HOST4 = '172.31.0.1';
/** In the pod: dropped, `ip route add unreachable`, and no route at all. */
export const BLACK_HOLE = '10.96.0.99';
export const UNREACHABLE = '10.97.0.1';
export const NO_ROUTE = '192.0.2.1';

/** Of the pod's network, where the cluster is dual-stack. */
export const POD6 = 'fd00:244::5';
/** In the pod: dropped, and `ip route add unreachable`. */
export const BLACK_HOLE6 = 'fd00:96::99';
export const UNREACHABLE6 = 'fd00:97::1';

/** Names of the network namespaces, each of this process alone. */
export interface Networks {
  readonly service: string;
  /** The service's Docker network, with the rest of the developer's world behind it. */
  readonly network: string;
  readonly pod: string;
  remove(): void;
}

let made = 0;

/** The service's namespace with one network, and a pod that nothing leads to. */
export function layNetworks(): Networks {
  const { service, network, pod } = names();
  const remove = () => removeNamespaces(service, network, pod);
  try {
    layService(service, network);
    layPod(pod);
  } catch (error) {
    remove();
    throw error;
  }
  return { service, network, pod, remove };
}

function layService(service: string, network: string): void {
  for (const name of [service, network]) makeNamespace(name);
  const veth = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', network];
  run('ip', 'link', 'add', 'eth0', 'netns', service, ...veth);
  plug(service, SERVICE4, SERVICE6);
  plug(network, NEIGHBOUR4, NEIGHBOUR6);
  // The strictest that a host may hand on to its containers.
  for (const device of ['all', 'default', 'lo', 'eth0']) {
    run('ip', 'netns', 'exec', service, 'sysctl', '-qw', `net.ipv4.conf.${device}.rp_filter=1`);
  }
  run('ip', '-n', service, 'route', 'add', 'default', 'via', NEIGHBOUR4);
  run('ip', '-n', service, '-6', 'route', 'add', 'default', 'via', NEIGHBOUR6);
  for (const address of [`${CLUSTER4}/32`, `${CLUSTER6}/128`, `${DOCKER_HOST4}/32`]) {
    run('ip', '-n', network, 'address', 'add', address, 'dev', 'lo');
  }
  writeFiles(service, {
    'resolv.conf': 'nameserver 127.0.0.11\noptions timeout:2 attempts:1\n',
    hosts: `127.0.0.1 localhost\n${DOCKER_HOST4} host.docker.internal\n`,
  });
}

export function names(): Omit<Networks, 'remove'> {
  made += 1;
  const name = `ks${process.pid}x${made}`;
  return { service: `${name}s`, network: `${name}n`, pod: `${name}p` };
}

/** Its own addresses are those of the cluster; one drops what comes, until it is opened. */
export function layPod(pod: string): void {
  makeNamespace(pod);
  const holes = [`${BLACK_HOLE}/32`, `${BLACK_HOLE6}/128`];
  for (const address of [`${CLUSTER4}/32`, `${CLUSTER6}/128`, ...holes]) {
    run('ip', '-n', pod, 'address', 'add', address, 'dev', 'lo');
  }
  run('ip', '-n', pod, 'route', 'add', 'unreachable', `${UNREACHABLE}/32`);
  run('ip', '-n', pod, '-6', 'route', 'add', 'unreachable', `${UNREACHABLE6}/128`);
  setHole(pod, 'closed');
}

/** Whether what comes to BLACK_HOLE is dropped. */
export function setHole(pod: string, state: 'open' | 'closed'): void {
  const drops = `ip daddr ${BLACK_HOLE} drop; ip6 daddr ${BLACK_HOLE6} drop;`;
  const chain = `chain in { type filter hook input priority 0; ${drops} };`;
  const content = state === 'closed' ? chain : '';
  const script = `add table inet hole; delete table inet hole; table inet hole { ${content} }`;
  run('ip', 'netns', 'exec', pod, 'nft', script);
}

/** Gives a pod its address in a dual-stack cluster, or takes it away. */
export function setPod6(pod: string, verb: 'add' | 'delete'): void {
  if (verb === 'delete') {
    run('ip', '-n', pod, 'link', 'delete', 'eth0');
    return;
  }
  run('ip', '-n', pod, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'node0');
  for (const device of ['eth0', 'node0']) run('ip', '-n', pod, 'link', 'set', device, 'up');
  run('ip', '-n', pod, 'address', 'add', `${POD6}/64`, 'dev', 'eth0', 'nodad');
}

/** Takes IPv6 from a device of a namespace, as Docker does with those of its networks that have none. */
export function switchOff6(namespace: string, device: string): void {
  run('ip', 'netns', 'exec', namespace, 'sysctl', '-qw', `net.ipv6.conf.${device}.disable_ipv6=1`);
}

/** What programs in the namespace see in /etc. */
export function writeFiles(namespace: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(`/etc/netns/${namespace}/${name}`, text);
  }
}

export function removeNamespaces(...namespaces: string[]): void {
  const present = run('ip', 'netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  for (const name of namespaces) {
    if (present.includes(name)) run('ip', 'netns', 'delete', name);
    rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  }
}

export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

function makeNamespace(name: string): void {
  run('ip', 'netns', 'add', name);
  run('ip', '-n', name, 'link', 'set', 'lo', 'up');
}

function plug(name: string, v4: string, v6: string): void {
  run('ip', '-n', name, 'address', 'add', `${v4}/24`, 'dev', 'eth0');
  run('ip', '-n', name, 'address', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
  run('ip', '-n', name, 'link', 'set', 'eth0', 'up');
}
