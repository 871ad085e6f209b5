import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../../src/compose/command-line.ts';
import { findComposeFiles } from '../../src/compose/compose-files.ts';
import { type Answered, answer, bundleKdev, type ComposeLine } from '../corpus/both-commands.ts';
import { baseImage, buildBaseImage } from '../fixtures/base-image.ts';

/*
 * Without x-kdev `kdev compose` is `docker compose`: both are asked the same, and must answer the same.
 */
const folder = mkdtempSync(join(tmpdir(), 'kdev-test-pass-'));
const docker = ['docker', 'compose'] as const;
let kdev: readonly [string, string];
let removeKdev: () => Promise<void>;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: kdev-test-pass
x-from-compose: 1
services:
  web:
    image: ${baseImage}
    init: true
    command: [sh, -c, "echo hello; exec sleep infinity"]
    environment: { GREETING: "\${GREETING:-hi}" }
    ports: ["127.0.0.1::8080"]
    labels: { say: "\${FROM_FILE:-nothing}" }
  tool: { image: ${baseImage}, profiles: [tools], command: [sh, -c, "echo tool; exit 3"] }
  built: { build: { dockerfile_inline: "FROM ${baseImage}" }, image: kdev-test-pass-built, profiles: [build] }
volumes: { data: {} }
`,
  '.env': 'FROM_FILE=dotenv\n',
  'other.env': 'FROM_FILE=other\n',
  'more.yaml': 'x-from-more: 1\nservices: { web: { environment: { MORE: "1" } } }\n',
  'broken.yaml': 'services:\n  web:\n    imgae: x\n',
  'unparsed.yaml': 'services: [\n',
  'included.yaml':
    'x-from-included: 1\ninclude: [more.yaml]\nservices: { api: { extends: { file: compose.yaml, service: web } } }\n',
  'lost.yaml': 'include: [nowhere.yaml]\nservices: {}\n',
  'sub/compose.yml': 'x-from-sub: 1\nservices: { sub: { image: a } }\n',
  'sub/compose.override.yaml': 'x-from-sub-override: 1\n',
  'sub/deep/er/keep': '',
  'sub/.env': 'COMPOSE_PROFILES=tools\n',
  'listed/.env': 'COMPOSE_FILE=a.yaml:b.yaml # both\n',
  'listed/a.yaml': 'x-from-a: 1\nservices: { a: { image: a } }\n',
  'listed/b.yaml': 'x-from-b: 1\n',
  'listed/compose.yaml': 'x-from-listed: 1\nservices: {}\n',
  'empty/keep': '',
};

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const [bundled] = await Promise.all([bundleKdev(), buildBaseImage()]);
  kdev = [bundled.program, 'compose'];
  removeKdev = bundled.remove;
});
afterAll(async () => {
  await answer(docker, folder, { line: '--profile=* down -t 0 --volumes --rmi local' });
  await removeKdev();
  rmSync(folder, { recursive: true });
});

async function both(given: ComposeLine, at = '.') {
  const asked = [docker, kdev].map((command) => answer(command, join(folder, at), given));
  const [ofDocker, ofKdev] = await Promise.all(asked);
  return { ofDocker, ofKdev };
}

/** One after the other, each from the same state. */
async function bothAfter(before: string, given: ComposeLine) {
  const prepare = async () => {
    for (const line of before.split(' && ')) await answer(docker, folder, { line });
  };
  await prepare();
  const ofDocker = await answer(docker, folder, given);
  await prepare();
  const ofKdev = await answer(kdev, folder, given);
  return { ofDocker, ofKdev };
}

describe('help', () => {
  test('of every command that the installed Compose has', async () => {
    const { stdout } = await answer(docker, folder, { line: '--help' });
    const [, listed = ''] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
    const commands = [...listed.matchAll(/^ +(\S+)/gm)].map(([, command]) => command);
    expect(commands).toEqual(expect.arrayContaining(['attach', 'up', 'watch']));
    for (const command of commands) {
      const { ofDocker, ofKdev } = await both({ line: `${command} --help` });
      expect(ofKdev).toEqual(ofDocker);
      expect(ofDocker?.exitCode, command).toBe(0);
    }
  });

  test.each(['', '--help', '-h'])("compose %s: kdev's own help, then Compose's", async (line) => {
    const { ofDocker, ofKdev } = await both({ line });
    expect(ofKdev?.stdout).toMatch(/^kdev compose is docker compose/);
    expect(ofKdev?.stdout.endsWith(ofDocker?.stdout ?? '?')).toBe(true);
    expect(ofKdev).toMatchObject({ exitCode: ofDocker?.exitCode, stderr: ofDocker?.stderr });
  });
});

/** Lines that need no container. */
const asked: readonly (string | ComposeLine)[] = [
  'help',
  'help up',
  'up -h',
  '-h up',
  '--help up',
  'exec --help',
  'run --rm --help',
  'alpha --help',
  'alpha viz',
  'completion bash',
  '-v',
  '--version',
  'version',
  'version --short',
  'version -f json',
  'frobnicate',
  '--frobnicate ps',
  '-x ps',
  '-f',
  '--ansi',
  '--project-name',
  'ls --filter name=^nothing-of-this-name',
  'ps',
  'ps -a --format json',
  '-p other ps',
  '-p=other ps',
  '-pother ps -q',
  '--project-name other ps',
  '--project-name=other --profile tools ps -q',
  '--all-resources config --volumes',
  'config',
  'config --format json',
  'config -q',
  'config --services',
  'config --images',
  'config --profiles',
  'config --volumes',
  'config --hash "*"',
  'config --no-interpolate',
  'config web',
  'config nobody',
  'config --frobnicate',
  'convert',
  '--profile tools config',
  '--profile=* config --profiles',
  '-f compose.yaml -f more.yaml config',
  '-fcompose.yaml -f=more.yaml config',
  '--file=compose.yaml --file more.yaml config',
  '-f included.yaml config',
  '-f broken.yaml config',
  '-f unparsed.yaml config',
  '-f lost.yaml config',
  '-f lost.yaml ps',
  '-f absent.yaml config',
  '-f sub config',
  '--env-file other.env config',
  '--env-file absent.env config',
  '--project-directory sub config',
  '--workdir sub config -q',
  '--ansi never config -q',
  '--ansi always --progress plain config -q',
  '--progress=plain config -q',
  '--progress nonsense config -q',
  '--parallel 2 config -q',
  '--compatibility config --services',
  '--no-ansi config -q',
  '--dry-run config --services',
  '--dry-run up -d',
  'up --dry-run -d web',
  'up nobody',
  'up --frobnicate',
  'exec nobody true',
  'run nobody true',
  'logs nobody',
  'port web 8080',
  'pull --frobnicate',
  'down --dry-run',
  'scale web=nonsense',
  'wait web',
  'top',
  'images',
  'events --json --frobnicate',
  { line: 'config', env: { GREETING: 'from $the shell' } },
  { line: 'config', env: { COMPOSE_FILE: 'compose.yaml:more.yaml' } },
  { line: 'config', env: { COMPOSE_PROFILES: 'tools' } },
  { line: '--profile build config', env: { COMPOSE_PROFILES: 'tools' } },
  { line: 'ps', env: { COMPOSE_PROJECT_NAME: 'other' } },
  { line: '-f - config', input: 'name: piped\nservices: { a: { image: a } }\n' },
  { line: '-f - config', input: 'services: { a: { imgae: a } }\n' },
  { line: 'ps', env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } },
];

test.each(asked.map((one) => (typeof one === 'string' ? { line: one } : one)))(
  'asked: $line $env',
  async (given) => {
    const { ofDocker, ofKdev } = await both(given);
    expect(ofKdev).toEqual(ofDocker);
  },
);

test.each(['config', 'ps', '-p other ps', '-p other down', 'config --services'])(
  'asked where there is no project: %s',
  async (line) => {
    const { ofDocker, ofKdev } = await both({ line }, 'empty');
    expect(ofKdev).toEqual(ofDocker);
  },
);

/** Lines about a running project, each with what makes the state that it starts from. */
const done: readonly (readonly [string, string | ComposeLine])[] = [
  ['down -t 0', 'up -d'],
  ['up -d', 'up -d'],
  ['down -t 0', 'create'],
  ['up -d', 'ps --format "{{.Name}} {{.State}}"'],
  ['up -d', 'ps -q'],
  ['up -d', 'logs --no-color --no-log-prefix web'],
  ['up -d', 'images --format json'],
  ['up -d', 'exec -T web sh -c "echo out; echo err >&2; exit 5"'],
  ['up -d', { line: 'exec -T web cat', input: 'through the pipe\n' }],
  ['up -d', 'cp web:/etc/hostname -'],
  ['up -d', 'cp compose.yaml web:/copied'],
  ['up -d', 'port web 8080'],
  ['up -d', 'stop -t 0'],
  ['stop -t 0', 'start'],
  ['up -d', 'restart -t 0 web'],
  ['up -d', 'kill web'],
  ['down -t 0 && up -d', 'pause'],
  ['down -t 0 && up -d && pause', 'unpause'],
  ['up -d', 'rm -sf web'],
  ['up -d', 'up -d --scale web=0'],
  ['up -d', 'run --rm -T tool'],
  ['up -d', { line: 'run --rm -T web cat', input: 'into a container\n' }],
  [
    '--profile tools rm -sf tool && up -d',
    '--profile tools up --attach tool --exit-code-from tool --no-log-prefix tool',
  ],
  ['up -d', { line: 'logs -f web', interrupt: { signal: 'SIGINT', to: 'group', after: 'hello' } }],
  [
    'up -d',
    { line: 'logs -f web', interrupt: { signal: 'SIGTERM', to: 'command', after: 'hello' } },
  ],
  ['down -t 0', { line: 'up -t 0', interrupt: { signal: 'SIGINT', to: 'group', after: 'hello' } }],
  ['up -d', 'down -t 0 --remove-orphans'],
];

test.each(
  done.map(([before, one]) => [before, typeof one === 'string' ? { line: one } : one] as const),
)('after %s: %o', async (before, given) => {
  const { ofDocker, ofKdev } = await bothAfter(before, given);
  const said = given.interrupt ? withoutKilling : (answered: Answered) => answered;
  expect(said(ofKdev)).toEqual(said(ofDocker));
});

/** At an interrupt Compose stops, and now and then kills as well, or would: its signal and its context race. */
function withoutKilling({ stderr, ...rest }: Answered): Answered {
  const killing = /^ Container \S+ Kill(ing|ed)\n|^no container to kill\n?/gm;
  return { ...rest, stderr: stderr.replace(killing, '') };
}

/** kdev must know which files Compose reads: each says so in the project. */
const lookedFor: readonly (ComposeLine & { readonly at?: string })[] = [
  { line: 'config' },
  { line: 'config', at: 'sub/deep/er' },
  { line: 'config', at: 'listed' },
  { line: '-f more.yaml -f compose.yaml config' },
  { line: '-f ../listed/a.yaml -f compose.yml config', at: 'sub' },
  { line: '--project-directory sub config' },
  { line: '--project-directory ../sub config', at: 'listed' },
  { line: '-f listed/a.yaml --project-directory sub config' },
  { line: 'config', env: { COMPOSE_FILE: 'sub/compose.yml:compose.yaml' } },
  {
    line: 'config',
    env: { COMPOSE_FILE: 'sub/compose.yml;compose.yaml', COMPOSE_PATH_SEPARATOR: ';' },
  },
  { line: '-f compose.yaml config', env: { COMPOSE_FILE: 'sub/compose.yml' } },
];

test.each(lookedFor)('the files of $line in $at $env', async ({ at = '.', ...given }) => {
  const directory = join(folder, at);
  const { stdout, stderr } = await answer(docker, directory, given);
  const read = Object.keys(Object(parse(stdout))).flatMap(
    (key) => /^x-from-(.*)/.exec(key)?.[1] ?? [],
  );
  const found = findComposeFiles(parseCommandLine(given.line.split(' '), []), {
    directory,
    environment: given.env ?? {},
  });
  const marks = found.files.map(
    (file) => /x-from-(\S+):/.exec(files[file.slice(folder.length + 1)] ?? '')?.[1],
  );
  expect(marks.sort(), stderr).toEqual(read.sort());
  expect(read).not.toEqual([]);
});
