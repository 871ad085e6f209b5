import { parse } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { addCheck, addCustomization } from './edit-devcontainer.ts';

const add = (text: string) => addCheck({ text, content: parse(text) });
const initializeCommand = (text: string) => parse(add(text)).initializeCommand;

test('comments, tabs and a trailing comma stay', () => {
  const text = '// orders\n{\n\t"service": "dev", // the workspace\n\t"name": "orders",\n}\n';
  expect(add(text)).toBe(
    '// orders\n{\n\t"service": "dev", // the workspace\n\t"name": "orders",\n\t"initializeCommand": "kdev devcontainer check",\n}\n',
  );
});

test('a second time nothing changes', () => {
  const once = add('{\n  "service": "dev"\n}\n');
  expect(add(once)).toBe(once);
});

test('a command of the user’s runs when the check has passed', () => {
  expect(initializeCommand('{"initializeCommand": "make env"}')).toBe(
    'kdev devcontainer check && make env',
  );
});

test('words and several commands keep their form, beside the check', () => {
  expect(initializeCommand('{"initializeCommand": ["make", "env"]}')).toEqual({
    kdev: 'kdev devcontainer check',
    own: ['make', 'env'],
  });
  expect(initializeCommand('{"initializeCommand": {"env": "make env"}}')).toEqual({
    kdev: 'kdev devcontainer check',
    env: 'make env',
  });
});

test('what kdev is told stands beside the editors’ own', () => {
  const text = '{\n  "image": "debian", // ours\n  "customizations": { "vscode": {} }\n}\n';
  const added = addCustomization(text, { target: 'deployment/orders' });
  expect(added).toContain('"debian", // ours\n');
  expect(parse(added).customizations).toEqual({
    vscode: {},
    kdev: { target: 'deployment/orders' },
  });
  expect(addCustomization('{\n  "image": "debian"\n}\n', { target: 'pod/a' })).toBe(
    '{\n  "image": "debian",\n  "customizations": {\n    "kdev": {\n      "target": "pod/a"\n    }\n  }\n}\n',
  );
});
