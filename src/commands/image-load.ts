import { connectEngine } from '../docker/engine.ts';
import { defaultImage } from '../docker/images.ts';
import { loadImage } from '../docker/load-image.ts';
import type { Around } from './command.ts';
import { misused, parseCommand } from './command-form.ts';
import { imageLoadForm } from './forms/image-form.ts';
import { type ImageOptions, nameOf, printResult, seeToImage } from './image-options.ts';
import { withStory } from './story.ts';

type LoadOptions = ImageOptions & { readonly cluster?: readonly string[] };

/** `kdev image load`. */
export async function imageLoad(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<LoadOptions>(imageLoadForm, args);
  if (!asked) return 0;
  const { output, cluster: clusters = [] } = asked.options;
  if (clusters.length === 0) throw misused(imageLoadForm, 'it needs --cluster NAME');
  const name = nameOf(asked.options) ?? defaultImage();
  await withStory(around, async (story) => {
    const engine = await connectEngine();
    await seeToImage(name, { engine, story });
    for (const cluster of clusters) {
      const subject = `image ${name} in ${cluster}`;
      story.step(subject, 'loading', 'working');
      await loadImage(engine, name, cluster);
      story.step(subject, 'loaded', 'done');
    }
  });
  await printResult(output, {
    headings: ['image', 'cluster'],
    rows: clusters.map((cluster) => [name, cluster]),
    data: { image: name, clusters },
  });
  return 0;
}
