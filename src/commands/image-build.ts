import { connectEngine } from '../docker/engine.ts';
import { buildImage, defaultImage } from '../docker/images.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { imageBuildForm } from './forms/image-form.ts';
import { type ImageOptions, nameOf, ownBase, printResult } from './image-options.ts';
import { withStory } from './story.ts';

/** `kdev image build`. */
export async function imageBuild(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<ImageOptions & { readonly base?: string }>(imageBuildForm, args);
  if (!asked) return 0;
  const { output, base = ownBase() } = asked.options;
  const name = nameOf(asked.options) ?? defaultImage();
  const { bytes } = await withStory(around, async (story) => {
    const engine = await connectEngine();
    const built = await buildImage(engine, { name, base }, (words) => {
      story.step(`image ${name}`, words, 'working');
    });
    story.step(`image ${name}`, `built, ${megabytes(built.bytes)}`, 'done');
    return built;
  });
  await printResult(output, {
    headings: ['image', 'size'],
    rows: [[name, megabytes(bytes)]],
    data: { image: name, bytes },
  });
  return 0;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
