import { expect, test } from 'vitest';
import { LocalWorld } from './local-world.ts';

const nothing = { local: [], remote: [] };

test('a name of the project that the pod resolves leads to the pod, another one stays here', () => {
  const world = new LocalWorld(
    {
      localNames: ['db', 'web'],
      outgoing: { ...nothing, podLoopback: [] },
      dns: { ...nothing, remote: ['db'] },
    },
    () => undefined,
  );
  world.learn('db', [{ address: '10.96.0.7', ttlSeconds: 60 }]);
  world.learn('web', [{ address: '10.97.0.7', ttlSeconds: 60 }]);
  const ruleOf = (address: string) =>
    world.ruleOf({ address, names: [], protocol: 'tcp', port: 5432 });
  expect(ruleOf('10.96.0.7')).toMatchObject({ route: 'agent', list: 'default' });
  expect(ruleOf('10.97.0.7')).toMatchObject({ route: 'local', list: 'project' });
});
