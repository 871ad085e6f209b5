import { expect, test } from 'vitest';
import { readTerminal } from '../screen/terminal.ts';
import { tellDrift, tellUntaken } from './tell-drift.ts';

const before = { orders: { image: 'a', ports: 'b' }, web: { image: 'w' } };
const now = { orders: { image: 'a', ports: 'c' }, web: { image: 'w' }, more: { image: 'm' } };

function told(tell: typeof tellDrift, was: typeof before | object = before): string {
  const said: string[] = [];
  tell(was as typeof before, now, {
    say: (text) => void said.push(text.trim()),
    terminal: { ...readTerminal({}, { LANG: 'C.UTF-8' }), columns: 200 },
  });
  return said.join('\n');
}

test('an up tells what becomes of each service', () => {
  expect(told(tellDrift)).toBe(
    'since the last up: orders: re-created (ports changed) · web: configuration unchanged · more: created',
  );
  expect(told(tellDrift, {})).toBe('');
  expect(told(tellDrift, now)).toBe('since the last up: every configuration unchanged');
});

test('start and restart tell only what they do not take', () => {
  expect(told(tellUntaken)).toBe(
    'changed since the last up, and not taken: orders (ports) · kdev compose up -d takes it',
  );
  expect(told(tellUntaken, {})).toBe('');
  expect(told(tellUntaken, now)).toBe('');
});
