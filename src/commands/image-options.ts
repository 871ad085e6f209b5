import type { Engine } from '../docker/engine.ts';
import { ensureImage } from '../docker/images.ts';
import { printRows, type Rows, type WordsFormat } from './results.ts';
import type { Story } from './story.ts';

/** What all commands of `kdev image` take. */
export interface ImageOptions {
  readonly tag?: string;
  /** The older name of `tag`. */
  readonly image?: string;
  readonly output: WordsFormat;
}

/** undefined: the image of this version is meant. */
export function nameOf({ tag, image }: ImageOptions): string | undefined {
  return tag ?? image;
}

/** The story has told it in words. */
export async function printResult(format: WordsFormat, rows: Rows): Promise<void> {
  if (format !== 'text') await printRows(format, rows);
}

export function ownBase(): string | undefined {
  return process.env['KDEV_IMAGE_BASE'];
}

/** Builds or pulls it where it is not here. */
export async function seeToImage(
  name: string,
  { engine, story }: { readonly engine: Engine; readonly story: Story },
): Promise<void> {
  await ensureImage(engine, { name, base: ownBase() }, (words) => {
    story.step(`image ${name}`, words, 'working');
  });
  story.step(`image ${name}`, 'here', 'done');
}
