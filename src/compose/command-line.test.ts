import { expect, test } from 'vitest';
import {
  flagArguments,
  flagValues,
  hasFlag,
  isDryRun,
  namedServices,
  parseCommandLine,
  restWithServices,
  scaleFlags,
} from './command-line.ts';

const parse = (line: string) =>
  parseCommandLine(line.split(' ').filter(Boolean), ['--context', '--namespace']);

test('global flags in every form, the command, the rest', () => {
  const line = parse('-f a.yaml -fb.yaml --file=c.yaml -p=shop --dry-run up -d --build web');
  expect(line).toEqual({
    globalFlags: [
      { name: '--file', value: 'a.yaml' },
      { name: '--file', value: 'b.yaml' },
      { name: '--file', value: 'c.yaml' },
      { name: '--project-name', value: 'shop' },
      { name: '--dry-run', value: undefined },
    ],
    globalWords: '-f a.yaml -fb.yaml --file=c.yaml -p=shop --dry-run'.split(' '),
    command: 'up',
    rest: ['-d', '--build', 'web'],
    kdevFlags: {},
    failFast: false,
  });
  expect(flagValues(line, '--file')).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
  expect(hasFlag(line, '--dry-run')).toBe(true);
  expect(hasFlag(parse('--dry-run=false ps'), '--dry-run')).toBe(false);
  expect(flagArguments(line, ['--file'])).toEqual(['--project-name=shop', '--dry-run']);
});

test("kdev's flags before and behind the command never reach Compose", () => {
  expect(parse('--context kind-dev --profile x up -d --namespace=shop web')).toEqual({
    globalFlags: [{ name: '--profile', value: 'x' }],
    globalWords: ['--profile', 'x'],
    command: 'up',
    rest: ['-d', 'web'],
    kdevFlags: { '--context': 'kind-dev', '--namespace': 'shop' },
    failFast: false,
  });
});

test.each(['--fail-fast up -d web', 'up -d --fail-fast web'])('%s', (line) => {
  expect(parse(line)).toMatchObject({ globalWords: [], rest: ['-d', 'web'], failFast: true });
});

test.each([
  ['--dry-run up -d', true],
  ['up --dry-run -d web', true],
  ['up -d', false],
  ['--dry-run=false up -d', false],
  ['--dry-run up --dry-run=false', false],
  ['run --dry-run web sh', true],
  ['run web npm --dry-run', false],
  ['up -- --dry-run', false],
])('%s is a dry run: %s', (line, isDry) => {
  expect(isDryRun(parse(line))).toBe(isDry);
});

test('other services in place of those that were named', () => {
  const line = parse('up -d --attach web --scale web=1 web orders');
  expect(restWithServices(line, ['web', 'orders'], ['orders'])).toEqual(
    '-d --attach web --scale web=1 orders'.split(' '),
  );
});

test("a program's arguments are its own", () => {
  expect(parse('--context a run --rm web kubectl --context b').rest).toEqual(
    '--rm web kubectl --context b'.split(' '),
  );
  expect(parse('up web -- --context b').rest).toEqual('web -- --context b'.split(' '));
});

test('nothing, help and what nobody knows', () => {
  expect(parse('')).toMatchObject({ command: undefined, rest: [] });
  expect(parse('--help')).toMatchObject({ globalFlags: [{ name: '--help' }], command: undefined });
  expect(parse('--frobnicate up').globalFlags).toEqual([
    { name: '--frobnicate', value: undefined },
  ]);
  expect(parse('-f - config').globalFlags).toEqual([{ name: '--file', value: '-' }]);
  expect(parse('-f')).toMatchObject({
    globalFlags: [{ name: '--file', value: undefined }],
    globalWords: ['-f'],
  });
});

test('a slip of a flag of kdev, and one without its value', () => {
  expect(() => parse('--contxt a up')).toThrow(
    '--contxt is a flag of neither kdev nor Compose, did you mean --context?',
  );
  expect(() => parse('up --namespace')).toThrow('--namespace needs a value');
  expect(() => parse('up --namespace=')).toThrow('--namespace needs a value');
});

test('the services that a command names', () => {
  const services = ['web', 'api', 'db'];
  expect(namedServices(parse('up -d --scale api=2 -t 5 web db'), services)).toEqual(['web', 'db']);
  expect(namedServices(parse('up --exit-code-from api'), services)).toEqual([]);
  expect(namedServices(parse('run -e A=1 web db'), services)).toEqual(['web']);
  expect(namedServices(parse('logs nothing web'), services)).toEqual(['web']);
});

test('scales', () => {
  expect([...scaleFlags(parse('up --scale api=2 --scale=web=0 --scale db'))]).toEqual([
    ['api', 2],
    ['web', 0],
  ]);
});
