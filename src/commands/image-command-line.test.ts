import { expect, test } from 'vitest';
import { imageHelp, parseImageCommand } from './image-command-line.ts';

const parse = (line: string) => parseImageCommand(line.split(' '));

test('what each command is to do', () => {
  expect(parse('build')).toEqual({ command: 'build' });
  expect(parse('build --tag a/b:1 --base node:24')).toEqual({
    command: 'build',
    name: 'a/b:1',
    base: 'node:24',
  });
  expect(parse('build -t a')).toEqual(parse('build --image a'));
  expect(parse('load --cluster one --cluster two --tag a')).toEqual({
    command: 'load',
    name: 'a',
    clusters: ['one', 'two'],
  });
  expect(parse('push registry/a')).toEqual({ command: 'push', to: 'registry/a' });
});

test.each([
  ['build a', 'does not understand a'],
  ['build --tga a', "Unknown option '--tga'"],
  ['load', 'needs --cluster NAME'],
  ['load --cluster one two', 'does not understand two'],
  ['push', 'needs REGISTRY/NAME'],
  ['push a b', 'does not understand b'],
  ['pull', 'kdev image pull is no command'],
])('kdev image %s is refused', (line, fact) => {
  expect(() => parse(line)).toThrow(fact);
});

/** Every way to write a usage line: with what is optional, and without. */
function waysToWrite(usage: string): string[] {
  const plain = usage.replace(/\[[^\]]*\]/g, '');
  const full = usage.replace(/[[\]…]/g, '');
  return [plain, full].map((line) => line.trim().split(/\s+/).slice(2).join(' '));
}

test('every line that the help shows is understood', () => {
  const lines = imageHelp('kdev/runtime:1').match(/^ {2}kdev image .*$/gm) ?? [];
  expect(lines.length).toBeGreaterThanOrEqual(5);
  for (const line of lines) for (const way of waysToWrite(line)) parse(way);
});
