import { expect, test } from 'vitest';
import { tableText } from './table.ts';
import { readTerminal } from './terminal.ts';

const rows = [
  ['orders', 'steal', 'deployment/orders in the namespace shop of kind-dev'],
  ['web', 'mirror', 'pod/web-0'],
];

test('aligned under headings', () => {
  expect(tableText(['service', 'mode', 'target'], rows, readTerminal({ columns: 100 }, {}))).toBe(
    `SERVICE   MODE     TARGET
orders    steal    deployment/orders in the namespace shop of kind-dev
web       mirror   pod/web-0`,
  );
});

test('the widest column makes room', () => {
  const text = tableText(['service', 'mode', 'target'], rows, readTerminal({ columns: 60 }, {}));
  expect(text).toBe(
    `SERVICE   MODE     TARGET
orders    steal    deployment/orders in the namespace shop …
web       mirror   pod/web-0`,
  );
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

test('no rows, missing cells', () => {
  expect(tableText(['a', 'b'], [['1']], readTerminal({}, {}))).toBe('A   B\n1');
});
