import type { OptionShape } from './parse-words.ts';
import {
  bytes,
  type Carry,
  devices,
  limits,
  list,
  map,
  number,
  seconds,
  text,
  yes,
} from './values.ts';

/** An option of `docker run`, and what becomes of it. */
export interface DockerOption extends OptionShape {
  /** The key of a Compose service that means the same, and how its value is written there. */
  readonly key?: string;
  readonly carry?: Carry;
  /** Why it cannot work, and what does instead. `unless` is the one value that changes nothing. */
  readonly refused?: { readonly why: string; readonly instead: string; readonly unless?: string };
}

/** `-m, --memory` */
function named(flags: string, takes: OptionShape['takes']): OptionShape {
  const [, short, name = ''] = /^(?:-(\w), )?--(.+)$/.exec(flags) ?? [];
  return { name, takes, ...(short === undefined ? {} : { short }) };
}

function value(flags: string, key: string, carry: Carry = text): DockerOption {
  return { ...named(flags, 'value'), key, carry };
}

function onOff(flags: string, key: string): DockerOption {
  return { ...named(flags, 'switch'), key, carry: yes };
}

/** What several options make together, or kdev itself sees to. */
function apart(flags: string, takes: OptionShape['takes']): DockerOption {
  return named(flags, takes);
}

function refused(
  flags: string,
  takes: OptionShape['takes'],
  refusal: NonNullable<DockerOption['refused']>,
): DockerOption {
  return { ...named(flags, takes), refused: refusal };
}

/** Every option of `docker run`: a test holds it against what `docker run --help` says. */
export const dockerOptions: readonly DockerOption[] = [
  value('--add-host', 'extra_hosts', list),
  value('--annotation', 'annotations', map),
  refused('-a, --attach', 'value', {
    why: 'a container is attached to whole: output, errors, and its input with -i',
    instead: 'leave it out, and send elsewhere what you do not want: 2>/dev/null',
  }),
  value('--blkio-weight', 'blkio_config.weight', number),
  value('--blkio-weight-device', 'blkio_config.weight_device', devices('weight')),
  value('--cap-add', 'cap_add', list),
  value('--cap-drop', 'cap_drop', list),
  value('--cgroup-parent', 'cgroup_parent'),
  value('--cgroupns', 'cgroup'),
  apart('--cidfile', 'value'),
  value('--cpu-period', 'cpu_period', number),
  value('--cpu-quota', 'cpu_quota', number),
  value('--cpu-rt-period', 'cpu_rt_period', number),
  value('--cpu-rt-runtime', 'cpu_rt_runtime', number),
  value('-c, --cpu-shares', 'cpu_shares', number),
  value('--cpus', 'cpus', number),
  value('--cpuset-cpus', 'cpuset'),
  refused('--cpuset-mems', 'value', {
    why: 'Compose, which starts the container, has no such setting',
    instead: 'leave it out, or choose processors with --cpuset-cpus',
  }),
  apart('-d, --detach', 'switch'),
  apart('--detach-keys', 'value'),
  value('--device', 'devices', list),
  value('--device-cgroup-rule', 'device_cgroup_rules', list),
  value('--device-read-bps', 'blkio_config.device_read_bps', devices('rate')),
  value('--device-read-iops', 'blkio_config.device_read_iops', devices('rate')),
  value('--device-write-bps', 'blkio_config.device_write_bps', devices('rate')),
  value('--device-write-iops', 'blkio_config.device_write_iops', devices('rate')),
  refused('--disable-content-trust', 'switch', {
    why: 'Compose, which pulls the image, verifies no signatures',
    instead: 'name the image by its digest: IMAGE@sha256:…',
    unless: 'true',
  }),
  value('--dns', 'dns', list),
  value('--dns-option', 'dns_opt', list),
  value('--dns-search', 'dns_search', list),
  value('--domainname', 'domainname'),
  value('--entrypoint', 'entrypoint', (values, option) => [text(values, option)]),
  apart('-e, --env', 'value'),
  apart('--env-file', 'value'),
  value('--expose', 'expose', list),
  apart('--gpus', 'value'),
  value('--group-add', 'group_add', list),
  value('--health-cmd', 'healthcheck.test', (values, option) => [
    'CMD-SHELL',
    text(values, option),
  ]),
  value('--health-interval', 'healthcheck.interval'),
  value('--health-retries', 'healthcheck.retries', number),
  value('--health-start-interval', 'healthcheck.start_interval'),
  value('--health-start-period', 'healthcheck.start_period'),
  value('--health-timeout', 'healthcheck.timeout'),
  apart('--help', 'switch'),
  value('-h, --hostname', 'hostname'),
  onOff('--init', 'init'),
  onOff('-i, --interactive', 'stdin_open'),
  apart('--ip', 'value'),
  apart('--ip6', 'value'),
  value('--ipc', 'ipc'),
  value('--isolation', 'isolation'),
  refused('--kernel-memory', 'value', {
    why: 'Docker and the kernel have given it up',
    instead: 'leave it out: --memory counts the memory of the kernel too',
  }),
  apart('-l, --label', 'value'),
  apart('--label-file', 'value'),
  value('--link', 'external_links', list),
  apart('--link-local-ip', 'value'),
  value('--log-driver', 'logging.driver'),
  value('--log-opt', 'logging.options', map),
  value('--mac-address', 'mac_address'),
  value('-m, --memory', 'mem_limit', bytes),
  value('--memory-reservation', 'mem_reservation', bytes),
  value('--memory-swap', 'memswap_limit', bytes),
  value('--memory-swappiness', 'mem_swappiness', number),
  apart('--mount', 'value'),
  apart('--name', 'value'),
  apart('--network', 'value'),
  apart('--network-alias', 'value'),
  onOff('--no-healthcheck', 'healthcheck.disable'),
  onOff('--oom-kill-disable', 'oom_kill_disable'),
  value('--oom-score-adj', 'oom_score_adj', number),
  value('--pid', 'pid'),
  value('--pids-limit', 'pids_limit', number),
  value('--platform', 'platform'),
  onOff('--privileged', 'privileged'),
  value('-p, --publish', 'ports', list),
  refused('-P, --publish-all', 'switch', {
    why: 'Compose, which starts the container, publishes only ports that are named',
    instead: 'name them: -p 8080 takes any free port of this machine, -p 8080:8080 that one',
    unless: 'false',
  }),
  value('--pull', 'pull_policy'),
  apart('-q, --quiet', 'switch'),
  onOff('--read-only', 'read_only'),
  value('--restart', 'restart'),
  apart('--rm', 'switch'),
  value('--runtime', 'runtime'),
  value('--security-opt', 'security_opt', list),
  value('--shm-size', 'shm_size', bytes),
  refused('--sig-proxy', 'switch', {
    why: 'a signal for kdev run is always for the program too',
    instead: 'leave it out, and detach with -d what is not to be reached',
    unless: 'true',
  }),
  value('--stop-signal', 'stop_signal'),
  value('--stop-timeout', 'stop_grace_period', seconds),
  value('--storage-opt', 'storage_opt', map),
  value('--sysctl', 'sysctls', map),
  value('--tmpfs', 'tmpfs', list),
  onOff('-t, --tty', 'tty'),
  value('--ulimit', 'ulimits', limits),
  refused('--use-api-socket', 'switch', {
    why: 'Compose of the oldest version that kdev works with has no such setting',
    instead: 'mount the socket: -v /var/run/docker.sock:/var/run/docker.sock',
    unless: 'false',
  }),
  value('-u, --user', 'user'),
  value('--userns', 'userns_mode'),
  value('--uts', 'uts'),
  apart('-v, --volume', 'value'),
  apart('--volume-driver', 'value'),
  value('--volumes-from', 'volumes_from', (values) => values.map((from) => `container:${from}`)),
  value('-w, --workdir', 'working_dir'),
];

/** Older names that Docker still takes and does not list. */
export const olderNames: Readonly<Record<string, string>> = {
  net: 'network',
  'net-alias': 'network-alias',
  'dns-opt': 'dns-option',
};
