import { expect, test } from 'vitest';
import { enabledServices, servicesInPlay } from './services-in-play.ts';

const project = {
  model: {
    services: {
      web: { depends_on: { api: { condition: 'service_started' } } },
      api: { depends_on: ['db'] },
      db: { depends_on: { web: {} } },
      job: {},
      idle: { profiles: ['x', 'y'], depends_on: { beside: {} } },
      beside: { profiles: ['y'] },
      apart: { profiles: ['z'], depends_on: { idle: { required: false } } },
    },
  },
  active: ['web', 'api', 'db', 'job'],
};

test('the active ones, or the named ones with all that they depend on', () => {
  expect([...servicesInPlay(project, [])].sort()).toEqual(['api', 'db', 'job', 'web']);
  expect([...servicesInPlay(project, ['api'])].sort()).toEqual(['api', 'db', 'web']);
});

test('naming a service enables its profiles, and no others', () => {
  expect([...servicesInPlay(project, ['idle', 'nobody'])].sort()).toEqual(['beside', 'idle']);
  expect([...servicesInPlay(project, ['apart'])]).toEqual(['apart']);
  expect([...enabledServices(project, ['idle', 'web'])].sort()).toEqual(
    ['api', 'beside', 'db', 'idle', 'job', 'web'].sort(),
  );
});
