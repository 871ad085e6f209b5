import { expect, test } from 'vitest';
import { pickSettings, settingKeys } from '../config/resolve-settings.ts';
import { settingRows, settingsData } from './config-text.ts';

const picked = pickSettings({
  services: new Map([
    [
      'orders',
      {
        target: 'deploy/orders',
        incoming: { mode: 'steal', ports: ['3000:80'] },
        env: { override: { PASSWORD: 'hunter2' } },
      },
    ],
  ]),
  project: { namespace: 'shop' },
  flags: { '--context': 'kind-dev' },
  environment: {},
  user: undefined,
  locate: (path) => `compose.yaml:${path.length}`,
  defaultImage: 'own:1',
});

test('a row a setting, with where it came from where that is asked', () => {
  const { headings, rows } = settingRows(picked, { hasOrigin: true });
  expect(headings).toEqual(['service', 'setting', 'value', 'from']);
  expect(rows).toContainEqual(['orders', 'context', 'kind-dev', '--context']);
  expect(rows).toContainEqual(['orders', 'namespace', 'shop', 'x-kdev in compose.yaml:2']);
  expect(rows).toContainEqual([
    'orders',
    'target',
    'deployment/orders',
    'x-kdev in compose.yaml:4',
  ]);
  expect(rows).toContainEqual(['orders', 'incoming.ports', '3000:80', 'x-kdev in compose.yaml:5']);
  expect(rows).toContainEqual(['orders', 'container', "(the pod's main one)", 'default']);
  expect(rows).toContainEqual(['orders', 'incoming.flush', 'false', 'default']);
  expect(rows).toContainEqual(['orders', 'incoming.filter', '(everything)', 'default']);
  expect(rows).toHaveLength(settingKeys.length);
  expect(settingRows(picked, { hasOrigin: false }).headings).not.toContain('from');
});

test('no value of a variable is shown', () => {
  const { rows } = settingRows(picked, { hasOrigin: true });
  expect(rows).toContainEqual(expect.arrayContaining(['env.override', 'PASSWORD=********']));
  expect(JSON.stringify(settingsData(picked))).not.toContain('hunter2');
});

test('for programs: the rung and its words', () => {
  expect(settingsData(picked)).toContainEqual({
    service: 'orders',
    key: 'agent.image',
    value: 'own:1',
    from: 'default',
    where: 'default',
  });
  expect(settingsData(picked)).toContainEqual(
    expect.objectContaining({ key: 'agent.namespace', value: null }),
  );
});
