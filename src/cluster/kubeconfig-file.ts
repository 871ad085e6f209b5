import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';

type Entry = Readonly<Record<string, unknown>>;

/** The names under which credential plugins and token files are handed to our own authenticators. */
export const PLUGIN_PROVIDER = 'kdev-credential-plugin';
export const TOKEN_FILE_PROVIDER = 'kdev-token-file';

/**
 * A kubeconfig file as the library reads it right: paths are relative to the file, `tokenFile` and `exec` are for our own
 * authenticators (the library's keeps a token for a minute, also one that was replaced, and neither tells a plugin its API
 * version nor ends one that hangs), and a plain http server, as `kubectl proxy` is one, counts as trusted.
 */
export function asLibraryConfig(text: string, file: string): Entry {
  const parsed: unknown = parse(text, { maxAliasCount: 100 });
  if (parsed === null || parsed === undefined) return {};
  if (!isEntry(parsed)) throw new Error('the file holds no mapping');
  const folder = dirname(file);
  return {
    ...parsed,
    clusters: namedEntries(parsed['clusters'], 'cluster', (cluster) => asCluster(cluster, folder)),
    users: namedEntries(parsed['users'], 'user', (user) => asUser(user, folder)),
    contexts: parsed['contexts'] ?? [],
  };
}

function namedEntries(list: unknown, key: string, change: (entry: Entry) => Entry): unknown {
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) throw new Error(`${key}s is no list`);
  return list.map((item: unknown) => {
    if (!isEntry(item)) throw new Error(`${key}s holds something that is no mapping`);
    const inner = item[key];
    return isEntry(inner) ? { ...item, [key]: change(inner) } : item;
  });
}

function asCluster(cluster: Entry, folder: string): Entry {
  const plain = String(cluster['server'] ?? '').startsWith('http:');
  return {
    ...cluster,
    ...absolute(cluster, 'certificate-authority', folder),
    ...(plain ? { 'insecure-skip-tls-verify': true } : {}),
  };
}

function asUser(user: Entry, folder: string): Entry {
  const { exec, tokenFile, token, ...rest } = user;
  return {
    ...rest,
    ...absolute(user, 'client-certificate', folder),
    ...absolute(user, 'client-key', folder),
    ...credentials({ exec, tokenFile, token }, folder),
  };
}

function credentials({ exec, tokenFile, token }: Entry, folder: string): Entry {
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    const config = { path: absolutePath(tokenFile, folder) };
    return { 'auth-provider': { name: TOKEN_FILE_PROVIDER, config } };
  }
  if (token) return { token };
  if (!isEntry(exec)) return {};
  const command = String(exec['command'] ?? '');
  const plugin = /[/\\]/.test(command) ? { ...exec, command: absolutePath(command, folder) } : exec;
  return { 'auth-provider': { name: PLUGIN_PROVIDER, config: { plugin } } };
}

function absolute(entry: Entry, key: string, folder: string): Entry {
  const path = entry[key];
  return typeof path === 'string' && path !== '' ? { [key]: absolutePath(path, folder) } : {};
}

function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
