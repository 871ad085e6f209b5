import { expect, test } from 'vitest';
import { readComposeStep } from './compose-progress.ts';

test.each([
  [' Network shop_default  Creating', 'network shop_default creating working'],
  [' Container shop-api-1  Started', 'container shop-api-1 started done'],
  [
    ' Container shop-kdev-sidecar-api-1  Waiting',
    'container shop-kdev-sidecar-api-1 waiting working',
  ],
  [' Container shop-kdev-sidecar-api-1  Healthy', 'container shop-kdev-sidecar-api-1 healthy done'],
  [
    ' Container shop-api-1  Error response from daemon: x',
    'container shop-api-1 error response from daemon: x failed',
  ],
  [
    ' Network shop_back  Resource is still in use',
    'network shop_back resource is still in use failed',
  ],
  [' Volume "shop_data"  Created', 'volume shop_data created done'],
  [' web Pulling ', 'image web pulling working'],
  [' web Pulled ', 'image web pulled done'],
  [' web  Built', 'image web built done'],
  [' Service web  Building', 'image web building working'],
  [' Image shop-web Built ', 'image shop-web built done'],
])('%j', (line, step) => {
  const { kind, name, state, phase } = readComposeStep(line) ?? {};
  expect(`${kind} ${name} ${state} ${phase}`).toBe(step);
});

test.each([
  'api-1  | Container x  Started',
  '#5 [2/3] RUN make',
  ' 0f3a9c7be112 Pulling fs layer',
  '',
  'Attaching to api-1',
])('no step: %j', (line) => {
  expect(readComposeStep(line)).toBeUndefined();
});
