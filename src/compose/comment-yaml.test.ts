import { expect, test } from 'vitest';
import { commentYaml } from './comment-yaml.ts';

const text = `services:
  api:
    image: app
    volumes:
      - type: volume
        target: /etc/app
      - type: bind
        target: /src
  "on":
    image: other
`;

test('a comment stands above its place, indented as it is', () => {
  const volumes = ['services', 'api', 'volumes'];
  expect(
    commentYaml(text, [
      { path: ['services', 'api'], words: 'the service' },
      { path: ['services', 'api'], words: 'and more of it' },
      { path: [...volumes, { key: 'target', value: '/src' }], words: 'a list has items' },
      { path: ['services', 'on', 'image'], words: 'a quoted key' },
    ]),
  ).toBe(`services:
  # the service
  # and more of it
  api:
    image: app
    volumes:
      - type: volume
        target: /etc/app
      # a list has items
      - type: bind
        target: /src
  "on":
    # a quoted key
    image: other
`);
});

test.each([
  [['services', 'db']],
  [['services', 'api', 'image', 'deeper']],
  [['services', { key: 'target', value: '/src' }]],
  [['services', 'api', 'volumes', { key: 'target', value: '/nowhere' }]],
])('what is not there gets none: %j', (path) => {
  expect(commentYaml(text, [{ path, words: 'nothing' }])).toBe(text);
});
