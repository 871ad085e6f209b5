import { expect, test } from 'vitest';
import { parseRoutes, readNetwork } from './network.ts';

const head =
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const row = (network: string, mask: string) =>
  `eth0\t${network}\t0100F40A\t0003\t0\t0\t0\t${mask}\t0\t0\t0\n`;
const routes = `${head}${row('00000000', '00000000')}${row('0000F40A', '00FFFFFF')}${row('0101FEA9', 'FFFFFFFF')}${row('0000600A', '0000FFFF')}`;

test('routes are networks, but for the default one and link-local ones', () => {
  expect(parseRoutes(routes)).toEqual(['10.244.0.0/24', '10.96.0.0/16']);
  expect(parseRoutes('')).toEqual([]);
  expect(parseRoutes(`${head}garbage\nx\ty\tz\n`)).toEqual([]);
});

test('what is known of services are single addresses', () => {
  const found = readNetwork({ routes, nameservers: ['10.96.0.10'], apiServer: '10.96.0.1' });
  expect(found.services).toEqual(['10.96.0.10', '10.96.0.1']);
  expect(found.pods.slice(0, 2)).toEqual(['10.244.0.0/24', '10.96.0.0/16']);
  expect(readNetwork({ routes: '', nameservers: [], apiServer: undefined }).services).toEqual([]);
});

test('a route table without end says no more than so much', () => {
  const many = Array.from({ length: 500 }, (_, i) =>
    row(i.toString(16).padStart(8, '0'), 'FFFFFFFF'),
  );
  const { pods } = readNetwork({ routes: head + many.join(''), nameservers: [], apiServer: '' });
  expect(pods).toHaveLength(64);
});
