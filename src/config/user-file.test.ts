import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveSettings } from './resolve-settings.ts';
import { readUserFile, userFilePath } from './user-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kdev-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function write(text: string): void {
  mkdirSync(join(home, '.config', 'kdev'), { recursive: true });
  writeFileSync(join(home, '.config', 'kdev', 'config.yaml'), text);
}

const resolved = () =>
  resolveSettings({
    services: new Map([['api', 'pod/a']]),
    project: undefined,
    flags: {},
    environment: {},
    user: readUserFile({ HOME: home }),
    locate: () => undefined,
    defaultImage: 'own:1',
  });

test('where it is looked for', () => {
  expect(userFilePath({ HOME: '/h' })).toBe('/h/.config/kdev/config.yaml');
  expect(userFilePath({ HOME: '/h', XDG_CONFIG_HOME: '/x' })).toBe('/x/kdev/config.yaml');
  expect(userFilePath({ HOME: '/h', XDG_CONFIG_HOME: 'x' })).toBe('/h/.config/kdev/config.yaml');
});

test('its values, each with its line', () => {
  write('# mine\ncontext: kind-dev\nagent:\n  namespace: agents\n');
  expect(resolved()[0]).toMatchObject({
    context: 'kind-dev',
    origins: {
      context: { from: 'user', words: '~/.config/kdev/config.yaml:2' },
      'agent.namespace': { words: '~/.config/kdev/config.yaml:4' },
    },
  });
});

test('without one, or with an empty one, the defaults hold', () => {
  expect(readUserFile({ HOME: home })).toBeUndefined();
  write('');
  expect(resolved()[0]?.context).toBeUndefined();
});

test.each([
  [
    'contxt: a',
    'KDEV2201',
    'contxt in ~/.config/kdev/config.yaml:1 is not .* did you mean context?',
  ],
  ['agent:\n  imge: a', 'KDEV2201', 'agent.imge in .*:2 is not .* did you mean image?'],
  ['incoming: steel', 'KDEV2202', 'incoming in .*:1 is "steel": .* did you mean steal?'],
  ['target: pod/a', 'KDEV2201', 'target in .*:1 is not a key'],
  ['- a', 'KDEV2202', 'it in .* is .*expected a map of keys'],
  ['a: [', 'KDEV2205', 'cannot read your settings in ~/.config/kdev/config.yaml'],
])('%j is refused', (text, code, fact) => {
  write(text);
  expect(resolved).toThrow(expect.objectContaining({ code, fact: expect.stringMatching(fact) }));
});

test('a folder in its place', () => {
  mkdirSync(join(home, '.config', 'kdev', 'config.yaml'), { recursive: true });
  expect(resolved).toThrow(
    expect.objectContaining({ code: 'KDEV2205', evidence: expect.stringMatching('EISDIR') }),
  );
});
