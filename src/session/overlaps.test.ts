import { expect, test } from 'vitest';
import { overlapWords } from './overlaps.ts';

const cluster = { pods: ['10.244.0.0/24', '10.244.0.7/24'], services: ['10.96.0.10', '10.96.0.1'] };
const none = { local: [], remote: [] };

/** What is advised. */
function advised(
  connected: readonly string[],
  outgoing: { local?: string[]; remote?: string[] } = {},
) {
  const words = overlapWords({ connected, cluster, outgoing: { ...none, ...outgoing } });
  return words.map((one) => /remote: \[([^\]]+)\]/.exec(one)?.[1]);
}

test('a network of Docker’s with pods, or with Services', () => {
  expect(overlapWords({ connected: ['10.244.0.0/16'], cluster, outgoing: none })).toEqual([
    "the Docker network 10.244.0.0/16 is the cluster's too (its pods: 10.244.0.0/24): what is there stays on this machine. outgoing: {remote: [10.244.0.0/24]} gives it to the pod, and services of the project stay reachable by their names",
  ]);
  expect(overlapWords({ connected: ['10.96.0.0/20'], cluster, outgoing: none })[0]).toContain(
    '(its Services: 10.96.0.10)',
  );
});

test('the smaller of the two networks is what to give away', () => {
  expect(advised(['10.244.0.0/24'])).toEqual(['10.244.0.0/24']);
  expect(advised(['10.244.0.128/25'])).toEqual(['10.244.0.128/25']);
  expect(advised(['10.0.0.0/8'])).toEqual(['10.244.0.0/24']);
  expect(advised(['10.96.0.0/16'])).toEqual(['10.96.0.0/16']);
});

test('where they do not meet, or a filter has the last word, nothing is said', () => {
  expect(advised(['172.18.0.0/16', 'fd00::/64', 'nonsense'])).toEqual([]);
  expect(advised(['10.244.0.0/24'], { remote: ['10.244.0.0/24'] })).toEqual([]);
  expect(advised(['10.244.0.0/24'], { local: ['10.244.0.0/24'] })).toEqual([]);
  expect(advised(['10.0.0.0/8'], { remote: ['10.244.0.0/16'] })).toEqual([]);
  // Less specific than the network itself, or about one port only.
  expect(advised(['10.244.0.0/24'], { remote: ['10.0.0.0/8'] })).toEqual(['10.244.0.0/24']);
  expect(advised(['10.244.0.0/24'], { remote: ['10.244.0.0/24:80'] })).toEqual(['10.244.0.0/24']);
});

test('a pod whose network is its own address alone', () => {
  const alone = { pods: ['10.1.2.3/32'], services: [] };
  const [words] = overlapWords({ connected: ['10.1.0.0/16'], cluster: alone, outgoing: none });
  expect(words).toContain('{remote: [10.1.0.0/16]}');
});
