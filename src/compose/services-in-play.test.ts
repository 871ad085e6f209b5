import { expect, test } from 'vitest';
import { servicesInPlay } from './services-in-play.ts';

const project = {
  model: {
    services: {
      web: { depends_on: { api: { condition: 'service_started' } } },
      api: { depends_on: ['db'] },
      db: { depends_on: { web: {} } },
      job: {},
      idle: { profiles: ['x'] },
    },
  },
  active: ['web', 'api', 'db', 'job'],
};

test('the active ones, or the named ones with all that they depend on', () => {
  expect([...servicesInPlay(project, [])].sort()).toEqual(['api', 'db', 'job', 'web']);
  expect([...servicesInPlay(project, ['api'])].sort()).toEqual(['api', 'db', 'web']);
  expect([...servicesInPlay(project, ['idle', 'nobody'])]).toEqual(['idle']);
});
