import { expect, test } from 'vitest';
import { proxyFromEnvironment } from './proxy-from-environment.ts';

const server = 'https://api.shop.example:6443';
const HTTPS_PROXY = 'http://proxy:3128';

test.each([
  ['nothing', {}, undefined],
  ['HTTPS_PROXY', { HTTPS_PROXY }, { value: HTTPS_PROXY, from: 'HTTPS_PROXY' }],
  ['lower case', { https_proxy: HTTPS_PROXY }, { value: HTTPS_PROXY, from: 'https_proxy' }],
  ['both', { HTTPS_PROXY, https_proxy: 'http://b' }, { value: HTTPS_PROXY, from: 'HTTPS_PROXY' }],
  [
    'an empty one',
    { HTTPS_PROXY: '', https_proxy: HTTPS_PROXY },
    { value: HTTPS_PROXY, from: 'https_proxy' },
  ],
  ['that of another scheme', { HTTP_PROXY: HTTPS_PROXY }, undefined],
  [
    'one without a scheme',
    { HTTPS_PROXY: 'proxy:3128' },
    { value: HTTPS_PROXY, from: 'HTTPS_PROXY' },
  ],
  ['a user', { HTTPS_PROXY: 'ada:x@proxy' }, { value: 'http://ada:x@proxy', from: 'HTTPS_PROXY' }],
])('%s', (_, env, proxy) => {
  expect(proxyFromEnvironment(server, env)).toEqual(proxy);
});

test.each([
  [server, '*'],
  [server, 'api.shop.example'],
  [server, 'shop.example'],
  [server, '.shop.example'],
  [server, '*.shop.example'],
  [server, 'other, API.shop.example:6443'],
  ['https://10.2.3.4:6443', '10.0.0.0/8'],
  ['https://10.2.3.4:6443', '10.2.3.4'],
  ['https://10.2.3.4', '10.2.3.4:443'],
  ['https://[fd00::1]:6443', 'fd00::/8'],
  ['https://[fd00::1]:6443', 'fd00::1'],
  ['https://[fd00::1]:6443', '[fd00::1]:6443'],
])('%s is reached directly with NO_PROXY=%s', (asked, NO_PROXY) => {
  expect(proxyFromEnvironment(asked, { HTTPS_PROXY, NO_PROXY })).toBeUndefined();
  expect(proxyFromEnvironment(asked, { HTTPS_PROXY, no_proxy: NO_PROXY })).toBeUndefined();
});

test.each([
  [server, ''],
  [server, 'api.shop.example:443'],
  [server, 'hop.example'],
  ['https://shop.example', '.shop.example'],
  ['https://10.2.3.4:6443', '11.0.0.0/8,10.2.3.4/33,10.2.3.4/x,/8'],
  ['https://10.2.3.4:6443', '3.4'],
])('%s is not, with NO_PROXY=%s', (asked, NO_PROXY) => {
  expect(proxyFromEnvironment(asked, { HTTPS_PROXY, NO_PROXY })?.value).toBe(HTTPS_PROXY);
});

test.each(['https://localhost:6443', 'https://127.1.2.3:6443', 'https://[::1]:6443', 'no url'])(
  '%s needs none',
  (asked) => {
    expect(proxyFromEnvironment(asked, { HTTPS_PROXY })).toBeUndefined();
  },
);

test('a plain server has a variable of its own', () => {
  const HTTP_PROXY = 'http://plain:80';
  expect(proxyFromEnvironment('http://api.example', { HTTP_PROXY, HTTPS_PROXY })?.value).toBe(
    HTTP_PROXY,
  );
});
