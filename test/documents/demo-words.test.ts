import { expect, test } from 'vitest';
import { whatStays, whatToTry } from '../../examples/shop/words.ts';

test('what there is to try stands as it is to be typed, where kdev is not installed', () => {
  const lines = whatToTry('/tmp/kubeconfig', '/kdev/dist/kdev.mjs').split('\n');
  const alias = lines.indexOf("  alias kdev='node /kdev/dist/kdev.mjs'");
  const commands = lines.flatMap((line, index) => (/^ {2}kdev /.test(line) ? [index] : []));
  expect(alias).toBeGreaterThan(0);
  expect(Math.min(...commands)).toBeGreaterThan(alias);
});

test('what stays is named with what removes it', () => {
  expect(whatStays(['shop/orders:1', 'shop-orders'])).toMatch(
    /docker rmi shop\/orders:1 shop-orders$/,
  );
});
