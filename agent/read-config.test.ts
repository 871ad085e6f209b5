import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../src/protocol/launch.ts';
import { readSettings } from './read-config.ts';

const secret = randomBytes(32);
const config = {
  protocol: PROTOCOL_VERSION,
  session: 'abcdefgh2345',
  tunnelPort: 7313,
  target: { namespace: 'shop', pod: 'orders-1', container: 'app', containerId: 'a1'.repeat(32) },
  probePorts: [8080],
  lingerMs: 40_000,
};
const environment = {
  KDEV_CONFIG: JSON.stringify(config),
  KDEV_KEY_ID: '0f'.repeat(16),
  KDEV_KEY: secret.toString('base64'),
  KDEV_POD_IP: '10.244.0.7',
  KDEV_HOST_IP: 'fd00::1',
};

it('reads what a pod is given', () => {
  expect(readSettings(environment)).toEqual({
    config,
    key: { id: '0f'.repeat(16), secret },
    podAddress: '10.244.0.7',
    hostAddress: 'fd00::1',
  });
});

it('has a linger time and no probes of its own', () => {
  const { lingerMs: _linger, probePorts: _ports, ...rest } = config;
  const settings = readSettings({ ...environment, KDEV_CONFIG: JSON.stringify(rest) });
  expect(settings.config).toMatchObject({ lingerMs: 40_000, probePorts: [] });
});

it.each([
  [{ protocol: 99 }, /speaks protocol \d+, kdev 99/],
  [{ session: 'A B' }, /session/],
  [{ tunnelPort: 0 }, /tunnelPort/],
  [{ probePorts: ['80'] }, /probePorts/],
  [{ probePorts: 80 }, /probePorts/],
  [{ lingerMs: -1 }, /lingerMs/],
  [{ target: { ...config.target, containerId: 'containerd://a1' } }, /target.containerId/],
  [{ target: undefined }, /target/],
])('refuses %j, naming it', (over, words) => {
  const changed = { ...environment, KDEV_CONFIG: JSON.stringify({ ...config, ...over }) };
  expect(() => readSettings(changed)).toThrow(words);
});

it('refuses keys and addresses that are none, without a word of what they were', () => {
  expect(() => readSettings({ ...environment, KDEV_KEY_ID: 'x' })).toThrow(/KDEV_KEY_ID/);
  expect(() => readSettings({ ...environment, KDEV_KEY: 'c2hvcnQ=' })).toThrow(
    /^(?!.*c2hv).*KDEV_KEY/,
  );
  expect(() => readSettings({ ...environment, KDEV_POD_IP: '' })).toThrow(/KDEV_POD_IP/);
  expect(() => readSettings({ ...environment, KDEV_HOST_IP: 'node-3' })).toThrow(/KDEV_HOST_IP/);
  expect(() => readSettings({})).toThrow(/KDEV_CONFIG/);
});
