import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { thisUser } from './this-user.ts';

test('a user by name, or by number where nobody knows it', () => {
  const { uid, username } = userInfo();
  expect(thisUser()).toEqual({ uid, owner: `${username}@${hostname()}` });
  const nameless = () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(thisUser(nameless)).toEqual({ uid, owner: `${uid}@${hostname()}` });
});
