import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type ClusterChoice, kubeconfigFiles } from './kubeconfig.ts';

/** Every credential that the kubeconfig files hold or name, so that a text can be searched for them. */
export function kubeconfigSecrets(env: ClusterChoice['env']): readonly string[] {
  const users = filesOf(env).flatMap(usersOf);
  return users.flatMap((user) => [
    ...textsOf([
      user.token,
      user.password,
      user['client-key-data'],
      user['client-certificate-data'],
    ]),
    ...textsOf([user['client-key-data']]).map((text) => Buffer.from(text, 'base64').toString()),
    ...textsOf(Object.values(Object(Object(user['auth-provider']).config))),
    ...textsOf(variablesOf(user).map(({ value }) => value)),
    ...textsOf([user.tokenFile, user['client-key']]).flatMap(contentOf),
  ]);
}

interface User {
  readonly token?: unknown;
  readonly tokenFile?: unknown;
  readonly password?: unknown;
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
  readonly 'client-key'?: unknown;
  readonly 'client-key-data'?: unknown;
  readonly 'client-certificate-data'?: unknown;
}

function filesOf(env: ClusterChoice['env']): readonly string[] {
  try {
    return kubeconfigFiles(env);
  } catch {
    return []; // There is none.
  }
}

function usersOf(file: string): readonly User[] {
  try {
    const { users } = Object(parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 }));
    return (Array.isArray(users) ? users : []).map((one: unknown) => Object(Object(one).user));
  } catch {
    return []; // One that cannot be read has nothing to tell.
  }
}

function variablesOf({ exec }: User): readonly { readonly value?: unknown }[] {
  const { env } = Object(exec);
  return Array.isArray(env) ? env : [];
}

function contentOf(file: string): readonly string[] {
  try {
    return [readFileSync(file, 'utf8').trim()];
  } catch {
    return [];
  }
}

function textsOf(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string' && value !== '') as string[];
}
