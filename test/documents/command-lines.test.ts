import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandSections } from '../../src/commands/command-table.ts';
import { commandsOf, mentionedLines, typedLines } from './command-lines.ts';
import { complaint } from './judge-command.ts';
import { readPages, root } from './pages.ts';
import { runs } from './who-runs.ts';

const pages = readPages();

test.each(pages)('$name: kdev takes every command as it stands there', async (page) => {
  for (const { line, text } of [...typedLines(page), ...mentionedLines(page)]) {
    expect(await complaint(text), `${page.name}:${line}: ${text}`).toBeUndefined();
  }
});

test('the examples of every help are taken too', async () => {
  const forms = commandSections.flat().flatMap(({ form }) => [form, ...(form.commands ?? [])]);
  const examples = forms.flatMap((form) => form.examples.map(([line]) => line));
  expect(examples.length).toBeGreaterThan(20);
  for (const line of examples) expect(await complaint(line), line).toBeUndefined();
});

describe('a line that is to be typed has a test that runs it, or a reason', () => {
  const known = runs.flatMap(({ lines }) => lines);
  const typed = pages.flatMap(typedLines);

  test('every one of a page is in test/documents/who-runs.ts', () => {
    const unknown = typed.filter(({ text }) => !known.includes(text));
    expect(unknown.map(({ page, line, text }) => `${page}:${line}: ${text}`)).toEqual([]);
  });

  test('every known one stands on a page', () => {
    const texts = typed.map(({ text }) => text);
    expect(known.filter((line) => !texts.includes(line))).toEqual([]);
  });

  test('the tests are there, and take their lines from the page', () => {
    for (const { by, why } of runs) {
      expect(by ?? why).toBeDefined();
      const source = by === undefined ? '' : readFileSync(path.join(root, by), 'utf8');
      if (why === undefined) expect(source).toMatch(/pageBlocks|typedLines/);
    }
  });
});

describe('what is wrong is seen', () => {
  test.each([
    ['kdev stats', 'kdev has no command stats'],
    ['kdev env orders --reval', 'unknown option'],
    ['kdev image built', 'kdev image has no command built'],
    ['KDEV_IMAGE=x kdev compose upp -d', 'docker compose has no command upp'],
    ['npm run nothing', 'package.json has no script nothing'],
    ['export A=$(npm run -s nothing)', 'package.json has no script nothing'],
    ['kdev ls -o jsn | jq .', "argument 'jsn' is invalid"],
  ])('%s', async (line, why) => {
    expect(await complaint(line)).toContain(why);
  });

  test('a line is taken apart as a shell does it', () => {
    expect(commandsOf(`A=1 kdev env 'a b' --x="c" > file && npm test`)).toEqual([
      ['kdev', 'env', 'a b', '--x=c'],
      ['npm', 'test'],
    ]);
  });

  test('prompts, comments, blocks and sentences', () => {
    const text = [
      'See `kdev status` and `kdev logs …`.',
      '```\n$ kdev ls   # all\nkdev is not typed\n```',
      '```sh\n# no\nkubectl get pods\n```',
      '```yaml\nkdev: no\n```',
      '```\nkdev clean\nok\n```',
    ].join('\n');
    const page = { name: 'x.md', text };
    expect(typedLines(page).map((one) => one.text)).toEqual([
      'kdev ls',
      'kubectl get pods',
      'kdev clean',
    ]);
    expect(mentionedLines(page).map((one) => one.text)).toEqual(['kdev status', 'kdev logs']);
  });
});
