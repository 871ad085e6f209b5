import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableText } from './table.ts';
import { readTerminal } from './terminal.ts';

const terminalOf = (columns: number) => ({ ...readTerminal({}, {}), columns });

const rows = [
  ['orders', 'steal', 'deployment/orders in the namespace shop of kind-dev'],
  ['web', 'mirror', 'pod/web-0'],
];

test('aligned under headings', () => {
  expect(
    tableText(['service', 'mode', 'target'], rows, { ...readTerminal({}, {}), columns: 100 }),
  ).toBe(
    `SERVICE   MODE     TARGET
orders    steal    deployment/orders in the namespace shop of kind-dev
web       mirror   pod/web-0`,
  );
});

test('the last column goes on below, within itself', () => {
  expect(tableText(['service', 'mode', 'target'], rows, terminalOf(60))).toBe(
    `SERVICE   MODE     TARGET
orders    steal    deployment/orders in the namespace shop
                   of kind-dev
web       mirror   pod/web-0`,
  );
});

test('then the others make room, the widest first; a word that is longer than its column is broken', () => {
  const variables = [
    [
      'KUBERNETES_SERVICE_PORT_HTTPS',
      'https://ada@orders.shop.svc.cluster.local:8080/a?b=c',
      'pod',
    ],
    ['A', 'x', 'override'],
  ];
  expect(tableText(['name', 'value', 'from'], variables, terminalOf(60))).toBe(
    `NAME                      VALUE                     FROM
KUBERNETES_SERVICE_       https://ada@orders.       pod
PORT_HTTPS                shop.svc.cluster.local:
                          8080/a?b=c
A                         x                         override`,
  );
});

test('what cannot stand side by side has a paragraph a row', () => {
  const headings = ['target', 'part of', 'pod', 'agent'];
  const wide = [
    [
      'pod/orders-5f55d8f659-q8bm4',
      'deployment/orders',
      'orders-5f55d8f659-q8bm4',
      'shop/a, shop/b',
    ],
    ['pod/web-0', '-', 'web-0', '-'],
  ];
  expect(tableText(headings, wide, terminalOf(60))).toBe(
    `TARGET    pod/orders-5f55d8f659-q8bm4
PART OF   deployment/orders
POD       orders-5f55d8f659-q8bm4
AGENT     shop/a, shop/b

TARGET    pod/web-0
PART OF   -
POD       web-0
AGENT     -`,
  );
});

test('no line is wider than the terminal, and nothing is lost', () => {
  const cell = fc.stringMatching(/^[a-z0-9/.-]{1,40}( [a-z]{1,12}){0,8}$/);
  const table = fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(table, fc.constantFrom(60, 80, 120), (cells, columns) => {
      const text = tableText(['a', 'b', 'c', 'd'], cells, terminalOf(columns));
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      const letters = (all: string) => [...all.replaceAll(/\s/g, '')].sort().join('');
      const heads = text.match(/[A-Z]/g)?.join('') ?? '';
      expect(letters(text)).toBe(letters(heads + cells.flat().join('')));
    }),
  );
});

test('a pipe gets whole rows', () => {
  const cells = [['x'.repeat(300), 'y z '.repeat(100).trim()]];
  expect(tableText(['a', 'b'], cells, terminalOf(Number.POSITIVE_INFINITY)).split('\n')[1]).toBe(
    cells[0]?.join('   '),
  );
});

test('no rows, missing cells', () => {
  expect(tableText(['a', 'b'], [['1']], readTerminal({}, {}))).toBe('A   B\n1');
});
