import { expect, test } from 'vitest';
import { parseEvent } from './watch-containers.ts';

const died = {
  Type: 'container',
  Action: 'die',
  Actor: {
    ID: 'f00',
    Attributes: {
      name: 'shop-kdev-sidecar-orders-1',
      exitCode: '137',
      'kdev.dev/part': 'sidecar',
      'kdev.dev/service': 'orders',
      'com.docker.compose.service': 'kdev-sidecar-orders',
    },
  },
};

test('an event names the part, the user’s service and the exit code', () => {
  expect(parseEvent(JSON.stringify(died))).toEqual({
    action: 'die',
    id: 'f00',
    name: 'shop-kdev-sidecar-orders-1',
    part: 'sidecar',
    service: 'orders',
    exitCode: 137,
  });
});

test('a container of the user’s is known by Compose’s label', () => {
  const attributes = { name: 'shop-web-1', 'com.docker.compose.service': 'web' };
  const started = { Action: 'start', Actor: { ID: 'f01', Attributes: attributes } };
  expect(parseEvent(JSON.stringify(started))).toMatchObject({ part: 'user', service: 'web' });
});

test.each(['', '{', 'null', '[]', '{"Action":"start"}', '{"Action":1,"Actor":{"ID":"a"}}'])(
  'what is no event is passed over: %s',
  (line) => expect(parseEvent(line)).toBeUndefined(),
);
