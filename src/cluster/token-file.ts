import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import type { User } from '@kubernetes/client-node';
import { TOKEN_FILE_PROVIDER } from './kubeconfig-file.ts';

/** A token in a file, which others replace before it expires: it is read for each request. The library's extension point. */
export class TokenFile {
  isAuthProvider(user: User): boolean {
    return user?.authProvider?.name === TOKEN_FILE_PROVIDER;
  }

  async applyAuthentication(user: User, options: Pick<RequestOptions, 'headers'>): Promise<void> {
    const token = (await readFile(String(user.authProvider?.config?.path), 'utf8')).trim();
    options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  }
}
