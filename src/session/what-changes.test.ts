import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ServiceSettings } from '../config/settings.ts';
import { type Standing, whatChanges } from './what-changes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment that names a kubeconfig with one context, `dev`. */
function kubeconfig(server: string, namespace = 'shop') {
  const file = join(folder, `${server}-${namespace}`);
  const content = {
    'current-context': 'dev',
    clusters: [{ name: 'dev', cluster: { server: `https://${server}` } }],
    users: [{ name: 'dev', user: { token: 'x' } }],
    contexts: [{ name: 'dev', context: { cluster: 'dev', user: 'dev', namespace } }],
  };
  writeFileSync(file, JSON.stringify(content));
  return { KUBECONFIG: file };
}

const env = kubeconfig('one');
const from = { words: 'default' };

function settings(service: string, more: object = {}): ServiceSettings {
  return {
    service,
    incoming: { mode: 'steal' },
    origins: { context: from, namespace: from },
    ...more,
  } as ServiceSettings;
}

function standing(service: string, more: Partial<Standing> = {}): Standing {
  return {
    settings: settings(service),
    decision: {
      context: { value: 'dev', from: 'kubeconfig current-context' },
      namespace: { value: 'shop', from: 'kubeconfig context dev' },
      server: 'https://one',
    },
    isReleased: false,
    ...more,
  };
}

function changes(
  served: readonly Standing[],
  services: readonly ServiceSettings[],
  {
    isWhole = true,
    former = [],
    where = env,
  }: { isWhole?: boolean; former?: string[]; where?: typeof env } = {},
) {
  const all = new Map(served.map((one) => [one.settings.service, one]));
  const { kept, anew, over } = whatChanges(all, { services, isWhole, former }, where);
  const names = (some: readonly Standing[]) => some.map((one) => one.settings.service);
  return { kept: names(kept), anew: anew.map(({ service }) => service), over: names(over) };
}

test('what was asked for before is kept, what is new is decided, what is not wanted any more goes', () => {
  const served = [standing('orders'), standing('old')];
  const asked = [settings('orders'), settings('billing')];
  expect(changes(served, asked)).toEqual({ kept: ['orders'], anew: ['billing'], over: ['old'] });
  expect(changes(served, asked, { isWhole: false }).over).toEqual([]);
  expect(changes(served, asked, { isWhole: false, former: ['old', 'web'] }).over).toEqual(['old']);
});

test('other settings are decided anew, and a service that was released', () => {
  const anew = { kept: [], anew: ['orders'], over: [] };
  const mirror = settings('orders', { incoming: { mode: 'mirror' } });
  expect(changes([standing('orders')], [mirror])).toEqual(anew);
  expect(changes([standing('orders', { isReleased: true })], [settings('orders')])).toEqual(anew);
});

test.each([
  ['of another cluster', kubeconfig('two')],
  ['with another namespace', kubeconfig('one', 'other')],
  ['that is not there', { KUBECONFIG: join(folder, 'nope') }],
])('under a kubeconfig %s the same settings are decided anew', (_, where) => {
  const found = changes([standing('orders')], [settings('orders')], { where });
  expect(found).toEqual({ kept: [], anew: ['orders'], over: [] });
});

test('a namespace that was asked for is the same under both', () => {
  const asked = { namespace: 'shop' };
  const one = standing('orders', { settings: settings('orders', asked) });
  const where = kubeconfig('one', 'other');
  expect(changes([one], [settings('orders', asked)], { where }).kept).toEqual(['orders']);
});
