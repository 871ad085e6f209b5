import { expect, test } from 'vitest';
import { serializeProject } from '../../src/compose/model.ts';
import { composeProject } from '../../src/docker-run/compose-project.ts';
import { execOptions } from '../../src/docker-run/exec-options.ts';
import { dockerOptions } from '../../src/docker-run/options.ts';
import { type OptionShape, parseWords } from '../../src/docker-run/parse-words.ts';
import { run } from '../run/shell.ts';

/** What the docker of this machine says of its options: `-m, --memory bytes   Memory limit`. */
async function listed(command: string): Promise<readonly OptionShape[]> {
  const help = await run('docker', [command, '--help']);
  return help.split('\n').flatMap((line): OptionShape[] => {
    const [, short, name, value] =
      /^ {2}(?:-(\w), | {4})--([a-z0-9-]+)(?: (\S+))?(?: {2,}|$)/.exec(line) ?? [];
    if (name === undefined) return [];
    const takes = value === undefined ? 'switch' : 'value';
    return [{ name, takes, ...(short === undefined ? {} : { short }) }];
  });
}

test.each([
  ['run', dockerOptions, 90],
  ['exec', execOptions, 8],
] as const)(
  'every option that docker %s lists is known, and read as Docker reads it',
  async (command, known, least) => {
    const options = await listed(command);
    expect(options.length).toBeGreaterThanOrEqual(least);
    const found = options.map(({ name }) => known.find((one) => one.name === name) ?? name);
    expect(found).toMatchObject(options);
  },
);

test('kdev run: Compose understands whatever becomes of an option', async () => {
  const all = [
    ...'--add-host a:1.2.3.4 --annotation a=b --blkio-weight 10 --cap-add NET_RAW --cap-drop ALL'.split(
      ' ',
    ),
    ...'--cgroup-parent p --cgroupns private --cpu-period 1000 --cpu-quota 1000 --cpu-shares 3'.split(
      ' ',
    ),
    ...'--cpu-rt-period 5 --cpu-rt-runtime 4 --cpus 1 --cpuset-cpus 0 --device /dev/null:/dev/x'.split(
      ' ',
    ),
    ...'--device-write-bps /dev/sda:1mb --device-read-iops /dev/sda:5 --dns 1.1.1.1 --dns-option a'.split(
      ' ',
    ),
    ...'--dns-search a.b --domainname d --entrypoint sh -e A=$b --expose 80 --group-add 5'.split(
      ' ',
    ),
    ...'--health-cmd true --health-start-interval 1s --health-start-period 1s --health-timeout 2s'.split(
      ' ',
    ),
    ...'-h host --init -i --ipc private --isolation default --link a:b --log-driver none'.split(
      ' ',
    ),
    ...'--mac-address 92:d0:c6:0a:29:33 -m 64m --memory-reservation 32m --memory-swap -1'.split(
      ' ',
    ),
    ...'--memory-swappiness 0 --oom-kill-disable --oom-score-adj 1 --pid host --pids-limit -1'.split(
      ' ',
    ),
    ...'--platform linux/amd64 --privileged -p 80 --pull always --read-only --restart no'.split(
      ' ',
    ),
    ...'--runtime runc --security-opt a=b --shm-size 1m --stop-signal INT --stop-timeout 3'.split(
      ' ',
    ),
    ...'--storage-opt size=1G --sysctl net.a=1 --tmpfs /run:size=1m -t --ulimit nofile=1:2'.split(
      ' ',
    ),
    ...'-u 1 --userns host --uts host -v /a:/b:ro,z -v data:/c --mount type=tmpfs,dst=/t'.split(
      ' ',
    ),
    ...'--blkio-weight-device /dev/sda:9 --device-cgroup-rule a --device-read-bps /dev/sda:1kb'.split(
      ' ',
    ),
    ...'--device-write-iops /dev/sda:5 --health-interval 1s --health-retries 2 --log-opt a=b'.split(
      ' ',
    ),
    ...'--volumes-from other -w /w --network shop --ip 10.1.0.5 --gpus 1'.split(' '),
  ];
  const { given, words } = parseWords([...all, 'image', 'a$b'], {
    command: 'run',
    options: dockerOptions,
  });
  const untried = dockerOptions.filter(({ name, key }) => key !== undefined && !given.has(name));
  expect(untried.map(({ name }) => name)).toEqual(untriedHere);
  const [image = '', ...command] = words;
  const { model } = composeProject(
    { given, image, command, xKdev: {} },
    {
      project: 'kdev-run-options',
      service: 'options',
      containerName: 'options',
      directory: '/',
      readFile: () => '',
      labels: {},
    },
  );
  const compose = ['compose', '-f', '-', '--env-file', '/dev/null', 'config', '--quiet'];
  await run('docker', compose, { input: serializeProject(model) });
});

/** They go with none of the others. */
const untriedHere = ['no-healthcheck'];
