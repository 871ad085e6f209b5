import { spawn } from 'node:child_process';
import { connectEngine } from '../docker/engine.ts';
import { defaultImage } from '../docker/images.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { imagePushForm } from './forms/image-form.ts';
import { type ImageOptions, nameOf, printResult, seeToImage } from './image-options.ts';
import { withStory } from './story.ts';

/** `kdev image push`, with the docker CLI's own credentials. */
export async function imagePush(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<ImageOptions>(imagePushForm, args);
  if (!asked) return 0;
  const [to = ''] = asked.words;
  const name = nameOf(asked.options) ?? defaultImage();
  await withStory(around, async (story) => {
    await seeToImage(name, { engine: await connectEngine(), story });
    await runDocker(['tag', name, to], around);
    await runDocker(['push', to], around);
    story.say(`Pushed. Use it with --image ${to}, KDEV_IMAGE or x-kdev: {agent: {image: ${to}}}.`);
  });
  await printResult(asked.options.output, {
    headings: ['image', 'pushed as'],
    rows: [[name, to]],
    data: { image: name, pushedAs: to },
  });
  return 0;
}

async function runDocker(
  args: readonly string[],
  { progress }: Pick<Around, 'progress'>,
): Promise<void> {
  const told = progress === 'quiet' ? 'ignore' : 2;
  const child = spawn('docker', args, { stdio: ['ignore', told, 2] });
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
