import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue, type ErrorKind } from './catalogue.ts';

const kinds: readonly ErrorKind[] = Object.values(catalogue);
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  const sections = new Map(
    page.split(/^### /m).flatMap((section) => {
      const [code, summary, ...rest] = section.split('\n');
      return code?.startsWith('KDEV') ? [[code, { summary, text: rest.join('\n').trim() }]] : [];
    }),
  );

  test('has a section for each code, and no other', () => {
    expect([...sections.keys()].sort()).toEqual(kinds.map(({ code }) => code).sort());
  });

  test.each(kinds)('$code says its title, who acts and the exit code, and explains', (kind) => {
    const section = sections.get(kind.code);
    expect(section?.summary).toBe(
      `**${kind.title}** · who acts: ${kind.who} · exit code ${kind.exitCode}`,
    );
    expect(section?.text.length).toBeGreaterThan(60);
  });
});

describe('the rings in which Docker and the cluster are real', () => {
  const rings = ['e2e', 'network'].map((name) => new URL(`../../test/${name}/`, import.meta.url));
  const provoked = new Set(rings.flatMap(expectedCodes));

  test.each(kinds)('$code is provoked in one of them', ({ code }) => {
    expect([...provoked]).toContain(code);
  });
});

/** The codes that the tests of a ring expect of what they ran: not those of titles, comments, or of what must not be said. */
function expectedCodes(ring: URL): string[] {
  const files = readdirSync(ring, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, ring), 'utf8'))
    .flatMap((source) => source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').split('\n'))
    .filter((line) => !line.includes('.not.'))
    .flatMap((line) => [...line.matchAll(expectation)].map(([, code = '']) => code));
}

const expectation = /(?:\bcode: '|(?:ontain|ontaining|oMatch)\(['/](?:error\\?\[)?)(KDEV\d+)\b/g;

test('no two kinds share a code, and the list is sorted', () => {
  const numbers = kinds.map(({ code }) => Number(code.slice('KDEV'.length)));
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
});

test.each(kinds)('$code has an exit code of its class', ({ code, exitCode }) => {
  const [, digits = ''] = /^KDEV(\d+)\d{3}$/.exec(code) ?? [];
  expect(Math.floor(exitCode / 10)).toBe(Number(digits));
});
