import { describe, expect, test } from 'vitest';
import { agentRecord } from './agent-objects.ts';
import type { AgentPlan } from './agent-plan.ts';
import { ageWords, type OwnPlace, portTaken, refuseTakenPorts } from './other-sessions.ts';

const now = new Date('2026-01-31T12:00:00Z');
const record = agentRecord({
  metadata: {
    name: 'kdev-agent-bbb-orders',
    namespace: 'shop',
    labels: { 'kdev.dev/session': 'bbb', 'kdev.dev/target-uid': 'uid' },
    annotations: {
      'kdev.dev/owner': 'bob@desk',
      'kdev.dev/service': 'orders',
      'kdev.dev/mode': 'steal',
      'kdev.dev/ports': '8080,9090',
      'kdev.dev/since': '2026-01-31T11:48:00Z',
    },
  },
});

function plan(mode: 'steal' | 'mirror' | 'off', ports: AgentPlan['incoming']['ports']): AgentPlan {
  return { incoming: { mode, ports }, target: { name: 'deployment/orders' } } as AgentPlan;
}

const elsewhere = { now, placeOf: () => undefined };

test('a port that another session steals: who, which, and since when', () => {
  expect(refuseTakenPorts(plan('steal', [8080]), [record], elsewhere)).toMatchObject({
    code: 'KDEV5005',
    fact: 'bob@desk already steals :8080 of deployment/orders, for 12 min now',
    evidence: 'Job kdev-agent-bbb-orders in namespace shop, session bbb, service orders',
  });
});

test('sessions with filters share a port; a whole port is of one', () => {
  const filtered = { ...record, filter: 'header x-user=bob' };
  const mine = plan('steal', [8080]);
  const withFilter = { ...mine, incoming: { ...mine.incoming, filter: { path: ['/a'] } } };
  expect(refuseTakenPorts(withFilter, [filtered], elsewhere)).toBeUndefined();
  expect(refuseTakenPorts(withFilter, [record], elsewhere)?.code).toBe('KDEV5005');
  const refusal = refuseTakenPorts(mine, [filtered], elsewhere);
  expect(refusal?.fact).toBe(
    'bob@desk already steals :8080 of deployment/orders with header x-user=bob, for 12 min now',
  );
  expect(refusal?.hints[1]?.text).toContain('incoming.filter');
});

test('an agent that is not to be found has the port all the same', () => {
  const nobody = { ...elsewhere, other: undefined, taken: [8080] };
  expect(portTaken(plan('steal', 'all'), nobody)).toMatchObject({
    code: 'KDEV5005',
    fact: 'another session already steals :8080 of deployment/orders',
  });
});

test('whose session it is decides what to do', () => {
  const hintsOf = (placeOf: (session: string) => OwnPlace | undefined) =>
    refuseTakenPorts(plan('steal', [8080]), [record], { now, placeOf })?.hints;
  expect(hintsOf(() => undefined)?.[0]?.text).toContain('ask bob@desk to release it');
  const places: Record<string, OwnPlace> = {
    bbb: { project: 'shop', directory: '/home/bob/shop', run: undefined },
  };
  expect(hintsOf((session) => places[session])).toEqual([
    {
      who: 'you',
      text: 'that session is your own, of project shop: gives the port back',
      command: 'cd /home/bob/shop && kdev compose -p shop down',
    },
    { who: 'you', text: 'or look on with incoming: mirror' },
  ]);
  const run = { project: 'kdev-run-api', directory: '/home/bob', run: 'api' };
  expect(hintsOf(() => run)?.[0]?.command).toBe('kdev stop api');
});

test.each([
  ['another port', plan('steal', [3000]), record],
  ['a mirror beside it', plan('mirror', [8080]), record],
  ['nothing incoming', plan('off', []), record],
  ['every port, which shows later', plan('steal', 'all'), record],
  ['every port there, likewise', plan('steal', [8080]), { ...record, ports: 'all' as const }],
  ['a mirror there', plan('steal', [8080]), { ...record, mode: 'mirror' as const }],
])('%s disturbs nobody', (_, mine, other) => {
  expect(refuseTakenPorts(mine, [other], elsewhere)).toBeUndefined();
});

describe('a Job that others wrote on', () => {
  test('nonsense is read as nothing', () => {
    const odd = agentRecord({
      metadata: {
        annotations: {
          'kdev.dev/mode': 'eat',
          'kdev.dev/ports': '0,x,70000,80',
          'kdev.dev/since': '?',
        },
      },
    });
    expect(odd).toMatchObject({ mode: 'off', ports: [80], owner: 'somebody', since: new Date(0) });
    expect(agentRecord({})).toMatchObject({ name: '', ports: [], ended: false });
  });

  test('one that has ended holds nothing', () => {
    const status = { conditions: [{ type: 'Failed', status: 'True' }] };
    expect(agentRecord({ status }).ended).toBe(true);
    expect(agentRecord({ metadata: { deletionTimestamp: 'x' } }).ended).toBe(true);
  });
});

test.each([
  [30, '30 s'],
  [119, '119 s'],
  [720, '12 min'],
  [7_200, '2 h'],
  [172_800, '2 days'],
  [-5, '0 s'],
])('%i seconds', (seconds, words) => {
  expect(ageWords(new Date(now.getTime() - seconds * 1_000), now)).toBe(words);
});
