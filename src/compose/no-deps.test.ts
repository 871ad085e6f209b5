import { expect, test } from 'vitest';
import { mapAt, serviceAt } from './model.ts';
import { applyNoDeps } from './no-deps.ts';

const model = {
  services: {
    api: { depends_on: { db: {}, 'kdev-sidecar-api': { condition: 'service_healthy' } } },
    db: {},
    'kdev-net-api': {},
    'kdev-sidecar-api': {},
  },
};

function applied(line: string) {
  const [command = '', ...args] = line.split(' ');
  const result = applyNoDeps({ command, args, model });
  const needed = mapAt(serviceAt(result.model, 'api'), 'depends_on');
  return [result.args.join(' '), Object.keys(needed).join(' ')];
}

test.each([
  ['up -d --no-deps api', '-d --no-deps api kdev-net-api kdev-sidecar-api', 'db kdev-sidecar-api'],
  ['up -d --no-deps db', '-d --no-deps db', 'db kdev-sidecar-api'],
  ['up -d api', '-d api', 'db kdev-sidecar-api'],
  ['run --no-deps --rm api sh', '--rm api sh', 'kdev-sidecar-api'],
  ['run --rm api npm --no-deps', '--rm api npm --no-deps', 'db kdev-sidecar-api'],
])('%s', (line, args, needed) => {
  expect(applied(line)).toEqual([args, needed]);
});
