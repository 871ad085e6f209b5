import { expect, test } from 'vitest';
import type { Answer } from './ask-docker.ts';
import { parseCommandLine } from './command-line.ts';
import { readProject } from './read-project.ts';

const text = `name: shop
services:
  api:
    environment:
      A$$B: x$$y
    profiles: [a]
    x-kdev:
      target: deployment/api
      env:
        override:
          PRICE: $$5
  web:
    image: web:1
  other:
    profiles: [b]
x-kdev:
  context: kind-dev
`;

interface Script {
  readonly version?: Partial<Answer>;
  readonly everything?: Partial<Answer>;
  readonly config?: Partial<Answer>;
}

function read(line: string, { version, everything, config }: Script = {}) {
  const asked: string[] = [];
  const answer = { exitCode: 0, stdout: '', stderr: '' };
  return {
    asked,
    project: readProject(parseCommandLine(line.split(' '), []), {
      directory: '/nowhere',
      environment: {},
      readStandardInput: () => Promise.resolve(Buffer.from('from stdin')),
      askDocker: (args, { input } = {}) => {
        asked.push(`${args.join(' ')}${input === undefined ? '' : ` < ${input}`}`);
        if (args[1] === 'version')
          return Promise.resolve({ ...answer, stdout: '2.26.1-4', ...version });
        if (args.includes('--profile=*'))
          return Promise.resolve({ ...answer, stdout: text, ...everything });
        return Promise.resolve({ ...answer, stdout: text, ...config });
      },
    }),
  };
}

test('the project, what is active, and x-kdev as the user wrote it', async () => {
  const { project, asked } = read('-f x.yaml --profile a --progress plain up');
  expect(await project).toMatchObject({
    name: 'shop',
    directory: '/nowhere',
    active: ['api', 'web'],
    xKdev: {
      project: { context: 'kind-dev' },
      services: new Map([
        ['api', { target: 'deployment/api', env: { override: { PRICE: '$5' } } }],
      ]),
    },
    model: { services: { api: { environment: { A$B: 'x$$y' } } } },
    warnings: [],
  });
  expect(asked).toEqual(['compose version --short', 'compose --file=x.yaml --profile=* config']);
});

test('where only the services of the active profiles can be read, they are', async () => {
  const { project, asked } = read('--profile b up', {
    everything: { exitCode: 14, stderr: 'env file missing' },
    config: { stderr: 'time="2026" level=warning msg="The \\"FOO\\" variable is not set."\n' },
  });
  expect((await project).warnings).toEqual(['The "FOO" variable is not set.']);
  expect(asked.at(-1)).toBe('compose --profile=b config');
});

test('the standard input is read once, and Compose gets it each time', async () => {
  const { project, asked } = read('-f - up', { everything: { exitCode: 1 } });
  await project;
  expect(asked.slice(1)).toEqual([
    'compose --file=- --profile=* config < from stdin',
    'compose --file=- config < from stdin',
  ]);
});

test("an invalid project: Compose's own words", async () => {
  const refused = {
    exitCode: 15,
    stderr: 'validating x.yaml: services.api additional property imgae is not allowed\n',
  };
  await expect(read('up', { everything: refused, config: refused }).project).rejects.toMatchObject({
    code: 'KDEV2101',
    evidence: 'validating x.yaml: services.api additional property imgae is not allowed',
  });
  await expect(read('up', { everything: { stdout: 'true' } }).project).rejects.toMatchObject({
    code: 'KDEV2101',
  });
});

test('an engine that Docker does not find is not blamed on the project', async () => {
  const refused = { exitCode: 1, stderr: 'unable to resolve docker endpoint: context "nope"' };
  await expect(read('up', { everything: refused, config: refused }).project).rejects.toMatchObject({
    code: 'KDEV12001',
  });
});

test.each([
  ['2.26.0', true],
  ['v2.30.1-desktop.1', true],
  ['5.0.0', true],
  ['2.25.9', false],
  ['1.29.2', false],
])('Compose %s is new enough: %s', async (stdout, enough) => {
  const { project } = read('up', { version: { stdout } });
  if (enough) await expect(project).resolves.toMatchObject({ name: 'shop' });
  else await expect(project).rejects.toMatchObject({ code: 'KDEV12102', exitCode: 122 });
});

test('Compose missing', async () => {
  const version = { exitCode: 1, stderr: "docker: 'compose' is not a docker command." };
  await expect(read('up', { version }).project).rejects.toMatchObject({
    code: 'KDEV12101',
    evidence: "docker: 'compose' is not a docker command.",
  });
});
