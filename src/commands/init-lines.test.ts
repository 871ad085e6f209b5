import { expect, test } from 'vitest';
import { resolveSettings } from '../config/resolve-settings.ts';
import { type InitFacts, xKdevLines } from './init-lines.ts';

const target = 'deployment/orders';

function lines(
  facts: Partial<InitFacts> = {},
  outside: { flags?: Record<string, string>; environment?: Record<string, string> } = {},
) {
  const [settings] = resolveSettings({
    services: new Map([['new', { target }]]),
    project: undefined,
    user: undefined,
    flags: {},
    environment: {},
    locate: () => undefined,
    defaultImage: 'kdev/runtime:0.1.0',
    ...outside,
  });
  if (!settings) throw new Error('no settings');
  const none = { servicePorts: [], targetPorts: [], image: undefined };
  return xKdevLines({ target, settings, ...none, ...facts });
}

test('nothing but the target where nothing else was asked for', () => {
  expect(lines()).toEqual({ target });
});

test('what was asked for by flags', () => {
  const flags = {
    '--context': 'kind-dev',
    '--namespace': 'shop',
    '--incoming': 'steal',
    '--image': 'a/b:1',
  };
  const all = lines({}, { flags });
  expect(all).toEqual({
    target,
    context: 'kind-dev',
    namespace: 'shop',
    incoming: 'steal',
    agent: { image: 'a/b:1' },
  });
});

test('of variables those that lead to another place: the image is the machine’s own', () => {
  const environment = { KDEV_NAMESPACE: 'shop', KDEV_IMAGE: 'a/b:1', KDEV_INCOMING: 'off' };
  expect(lines({}, { environment })).toEqual({ target, namespace: 'shop' });
});

test('an image where the default is out of reach', () => {
  expect(lines({ image: 'registry/kdev:1' })).toEqual({
    target,
    agent: { image: 'registry/kdev:1' },
  });
});

test.each<[string, number[], number[] | undefined, object]>([
  ['the same port', [8080], [8080], {}],
  ['another number', [3000], [8080], { incoming: { ports: ['3000:8080'] } }],
  ['none declared', [3000, 9000], [], { incoming: { ports: [3000, 9000] } }],
  ['none known of the service', [], [8080], {}],
  ['several: which is whose cannot be told', [3000, 9229], [8080], {}],
  ['no pod that tells', [3000], undefined, {}],
])('ports: %s', (_, servicePorts, targetPorts, expected) => {
  expect(lines({ servicePorts, targetPorts })).toEqual({ target, ...expected });
});

test('ports beside a mode', () => {
  const facts = { servicePorts: [3000], targetPorts: [80] };
  expect(lines(facts, { flags: { '--incoming': 'steal' } })).toEqual({
    target,
    incoming: { mode: 'steal', ports: ['3000:80'] },
  });
  expect(lines(facts, { flags: { '--incoming': 'off' } })).toEqual({ target, incoming: 'off' });
});
