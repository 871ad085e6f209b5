import { spawn } from 'node:child_process';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { buildImage, defaultImage, ensureImage } from '../docker/images.ts';
import { loadImage } from '../docker/load-image.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { imageHelp, parseImageCommand } from './image-command-line.ts';
import { openStory, type Story } from './story.ts';

/** `kdev image build | load | push`: the one image of sidecar and agent. */
export async function image(args: readonly string[]): Promise<number> {
  if (args.some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(imageHelp(defaultImage()));
    return 0;
  }
  const asked = parseImageCommand(args);
  const story = openStory();
  try {
    const { name = defaultImage() } = asked;
    const engine = await connectEngine();
    if (asked.command === 'build') await build({ name, base: asked.base }, { engine, story });
    if (asked.command === 'load') await load({ name, ...asked }, { engine, story });
    if (asked.command === 'push') await push({ name, ...asked }, { engine, story });
    return 0;
  } finally {
    story.end();
  }
}

interface Around {
  readonly engine: Engine;
  readonly story: Story;
}

interface Wanted {
  readonly name: string;
  readonly base?: string | undefined;
}

async function build({ name, base = ownBase() }: Wanted, { engine, story }: Around): Promise<void> {
  const built = await buildImage(engine, { name, base }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  story.step(`image ${name}`, `built, ${Math.round(built.bytes / 1e6)} MB`, 'done');
}

async function load(
  { name, clusters }: { readonly name: string; readonly clusters: readonly string[] },
  { engine, story }: Around,
): Promise<void> {
  await seeToImage(name, { engine, story });
  for (const cluster of clusters) {
    const subject = `image ${name} in ${cluster}`;
    story.step(subject, 'loading', 'working');
    await loadImage(engine, name, cluster);
    story.step(subject, 'loaded', 'done');
  }
}

async function seeToImage(name: string, { engine, story }: Around): Promise<void> {
  await ensureImage(engine, { name, base: ownBase() }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  story.step(`image ${name}`, 'here', 'done');
}

function ownBase(): string | undefined {
  return process.env['KDEV_IMAGE_BASE'];
}

/** With the docker CLI's own credentials. */
async function push(
  { name, to }: { readonly name: string; readonly to: string },
  { engine, story }: Around,
): Promise<void> {
  await seeToImage(name, { engine, story });
  await runDocker(['tag', name, to]);
  await runDocker(['push', to]);
  story.say(`Pushed. Use it with --image ${to}, KDEV_IMAGE or x-kdev: {agent: {image: ${to}}}.`);
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
