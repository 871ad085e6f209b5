import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { openExecPipe } from '../docker/exec-pipe.ts';
import {
  buildImage,
  defaultImage,
  ensureImage,
  inspectImage,
  refuseOtherProtocol,
} from '../docker/images.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { openStory, type Story } from './story.ts';

/** `kdev image build | load | push`: the one image of sidecar and agent. */
export async function image([command, ...args]: readonly string[]): Promise<number> {
  const story = openStory();
  try {
    return await run(command, args, story);
  } finally {
    story.end();
  }
}

async function run(command: string | undefined, args: readonly string[], story: Story) {
  switch (command) {
    case 'build':
      return await build(args, story);
    case 'load':
      return await load(args, story);
    case 'push':
      return await push(args, story);
    default:
      throw misused(`kdev image ${command ?? ''} is no command`);
  }
}

async function build(args: readonly string[], story: Story): Promise<number> {
  const { values } = parse(args, { base: { type: 'string' }, image: { type: 'string' } });
  const name = values.image ?? defaultImage();
  const engine = await connectEngine();
  const base = values.base ?? process.env['KDEV_IMAGE_BASE'];
  const built = await buildImage(engine, { name, base }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  story.step(`image ${name}`, `built, ${Math.round(built.bytes / 1e6)} MB`, 'done');
  return 0;
}

/** Into the node containers of test clusters: there is no registry between this machine and them. */
async function load(args: readonly string[], story: Story): Promise<number> {
  const { values } = parse(args, {
    cluster: { type: 'string', multiple: true },
    image: { type: 'string' },
  });
  if (!values.cluster?.length) throw misused('kdev image load needs --cluster NAME');
  const engine = await connectEngine();
  const name = values.image ?? defaultImage();
  await ensureImage(engine, { name, base: process.env['KDEV_IMAGE_BASE'] }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  for (const cluster of values.cluster) {
    const subject = `image ${name} in ${cluster}`;
    story.step(subject, 'loading', 'working');
    await importImage(engine, name, cluster);
    story.step(subject, 'loaded', 'done');
  }
  return 0;
}

async function importImage(engine: Engine, name: string, cluster: string): Promise<void> {
  const node = await findNode(engine, cluster);
  const archive = await engine.ask(`save the image ${name}`, (docker) =>
    docker.getImage(name).get(),
  );
  const importing = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
  const pipe = await openExecPipe(engine, node, importing);
  pipe.resume();
  archive.pipe(pipe);
  // It need not read to the end: it knows an archive's own.
  await new Promise<void>((resolve) => pipe.on('error', () => undefined).once('close', resolve));
  if ((await pipe.exitCode()) === 0) return;
  throw kdevError('IMAGE_UNAVAILABLE', {
    fact: `cluster ${cluster} did not take the image ${name}`,
    evidence: pipe.complaint,
    hints: [{ who: 'you', text: 'shows whether the node runs', command: 'docker ps' }],
  });
}

/** The node of a test cluster, or of kind, by what its container is called. */
async function findNode(engine: Engine, cluster: string): Promise<string> {
  const names = [`kdev-test-${cluster}`, `${cluster}-control-plane`, cluster];
  const all = await engine.ask('list containers', (docker) => docker.listContainers());
  for (const name of names) {
    const found = all.find(({ Names }) => Names.includes(`/${name}`));
    if (found) return found.Id;
  }
  throw kdevError('IMAGE_UNAVAILABLE', {
    fact: `no container on this engine is the node of a cluster called ${cluster}`,
    evidence: `looked for ${names.join(', ')}`,
    hints: [
      { who: 'you', text: 'lists the containers that run', command: 'docker ps' },
      { who: 'you', text: 'for a cluster elsewhere', command: 'kdev image push REGISTRY/NAME' },
    ],
  });
}

/** With the docker CLI's own credentials. */
async function push(args: readonly string[], story: Story): Promise<number> {
  const { values, positionals } = parse(args, { image: { type: 'string' } });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1)
    throw misused('kdev image push needs REGISTRY/NAME');
  const engine = await connectEngine();
  const name = values.image ?? defaultImage();
  await ensureImage(engine, { name, base: process.env['KDEV_IMAGE_BASE'] }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  const found = await inspectImage(engine, name);
  if (found) refuseOtherProtocol(name, found);
  await runDocker(['tag', name, target]);
  await runDocker(['push', target]);
  story.say(
    `Pushed. Use it with --image ${target}, KDEV_IMAGE or x-kdev: {agent: {image: ${target}}}.`,
  );
  return 0;
}

async function runDocker(args: readonly string[]): Promise<void> {
  const child = spawn('docker', args, { stdio: ['ignore', 2, 2] });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (exitCode === 0) return;
  throw kdevError('DOCKER_FAILED', {
    fact: `docker ${args[0]} ended with exit code ${exitCode}`,
    hints: [
      { who: 'you', text: 'log in to the registry if it asks for it', command: 'docker login' },
    ],
  });
}

type Options = Readonly<Record<string, { type: 'string'; multiple?: boolean }>>;

function parse<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : String(cause));
  }
}

function misused(fact: string) {
  return kdevError('COMMAND_LINE', {
    fact,
    hints: [
      { who: 'you', text: 'builds it', command: 'kdev image build --base IMAGE' },
      {
        who: 'you',
        text: 'carries it into a test cluster',
        command: 'kdev image load --cluster NAME',
      },
      { who: 'you', text: 'pushes it', command: 'kdev image push REGISTRY/NAME' },
    ],
  });
}
