import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, brokenLink, linksOf, type Page, readPages, root } from './pages.ts';

const pages = readPages();

describe.each(pages)('$name', (page) => {
  test('every link leads somewhere', () => {
    const broken = linksOf(page).flatMap((link) => {
      const why = brokenLink(link, pages);
      return why === undefined ? [] : [`${page.name}:${link.line}: ${link.to}: ${why}`];
    });
    expect(broken).toEqual([]);
  });
});

test('every page of docs that a program names is there, with its heading', () => {
  const files = ['src', 'sidecar', 'agent'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file)),
  );
  const named = files.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/\bdocs\/[\w-]+\.md(#[\w-]+)?/g)].map(
      ([to]) => ({ page: 'README.md', line: 0, to }),
    ),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.flatMap((link) => brokenLink(link, pages) ?? [])).toEqual([]);
});

test('README leads to every page of docs', () => {
  const readme = pages.find(({ name }) => name === 'README.md');
  const linked = readme ? linksOf(readme).map(({ to }) => to.split('#', 1)[0]) : [];
  for (const { name } of pages) if (name.startsWith('docs/')) expect(linked).toContain(name);
});

describe('a link is checked', () => {
  const page: Page = { name: 'docs/a.md', text: '# The `first`: one\n## Two\n## Two\n' };
  const link = (to: string) => ({ page: 'docs/b.md', line: 1, to });

  test('anchors are those that GitHub makes', () => {
    expect([...anchorsOf(page)]).toEqual(['the-first-one', 'two', 'two-1']);
  });

  test('a file that is not there, and a heading that is not there', () => {
    const own = { page: 'docs/a.md', line: 1, to: '#two' };
    expect(brokenLink(link('nowhere.md'), [page])).toBe('there is no docs/nowhere.md');
    expect(brokenLink(own, [page])).toContain('there is no docs/a.md');
    const compose = pages.filter(({ name }) => name === 'docs/compose.md');
    expect(brokenLink(link('compose.md#values'), compose)).toBeUndefined();
    expect(brokenLink(link('compose.md#nothing'), compose)).toBe(
      'docs/compose.md has no heading #nothing',
    );
  });

  test('links in code are none', () => {
    const text = 'see [a](a.md) and `[b](b.md)`\n```\n[c](c.md)\n```\n[d](https://example.com)\n';
    expect(linksOf({ name: 'x.md', text })).toEqual([{ page: 'x.md', line: 1, to: 'a.md' }]);
  });
});
