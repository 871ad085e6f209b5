import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

/** A document of the repository. */
export interface Page {
  /** From the repository's root: `docs/compose.md`. */
  readonly name: string;
  readonly text: string;
}

/** A block between two lines of ```, and where it begins. */
export interface Block {
  readonly page: string;
  /** Of its first line inside, counted from 1. */
  readonly line: number;
  /** Empty where none is named. */
  readonly language: string;
  readonly text: string;
}

const folders = ['.', 'docs', 'src/protocol', 'test/fixtures/apps'];

export function readPages(): readonly Page[] {
  const names = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => path.posix.join(folder, file)),
  );
  return names.map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));
}

/** The blocks of a page; `rest` is the page without them, line by line as it was. */
export function splitBlocks({ name, text }: Page): {
  readonly blocks: readonly Block[];
  readonly rest: readonly string[];
} {
  const blocks: Block[] = [];
  const rest: string[] = [];
  let open: { indent: string; language: string; line: number; lines: string[] } | undefined;
  for (const [index, one] of text.split('\n').entries()) {
    const [, indent = '', language = ''] = /^( *)```(\w*)/.exec(one) ?? [];
    const isFence = /^ *```/.test(one);
    rest.push('');
    if (open && isFence) {
      const { lines, indent: _, ...where } = open;
      blocks.push({ page: name, ...where, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else if (open) open.lines.push(one.slice(open.indent.length));
    else if (isFence) open = { indent, language, line: index + 2, lines: [] };
    else rest[index] = one;
  }
  return { blocks, rest };
}

/** What a link's anchor may name, as GitHub makes it of the headings. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of splitBlocks(page).rest) {
    const [, heading] = /^#{1,6} +(.*?) *$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    let free = anchor;
    for (let count = 1; anchors.has(free); count++) free = `${anchor}-${count}`;
    anchors.add(free);
  }
  return anchors;
}

export interface Link {
  readonly page: string;
  readonly line: number;
  readonly to: string;
}

/** The links of a page that stay in the repository. */
export function linksOf(page: Page): readonly Link[] {
  return splitBlocks(page).rest.flatMap((text, index) =>
    [...text.replace(/`[^`]*`/g, (code) => '`'.repeat(code.length)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, to = '']) => ({ page: page.name, line: index + 1, to }))
      .filter(({ to }) => !/^[a-z]+:/.test(to)),
  );
}

/** Why a link leads nowhere; undefined where it leads somewhere. */
export function brokenLink({ page, to }: Link, pages: readonly Page[]): string | undefined {
  const [file = '', anchor] = to.split('#', 2);
  const name = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (!existsSync(path.join(root, name))) return `there is no ${name}`;
  const target = pages.find((one) => one.name === name);
  if (anchor === undefined || target === undefined) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `${name} has no heading #${anchor}`;
}
