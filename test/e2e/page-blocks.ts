import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A block of a page between two lines of ```. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The blocks of one of the pages in docs: what stands there is what is tested. */
export async function pageBlocks(page: string): Promise<readonly Block[]> {
  const text = await readFile(path.join(import.meta.dirname, '../../docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', inside = '']) => ({
    language,
    text: inside,
  }));
}
