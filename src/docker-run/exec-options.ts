import type { OptionShape } from './parse-words.ts';

/** Every option of `docker exec`: a test holds it against what `docker exec --help` says. All are handed on. */
export const execOptions: readonly (OptionShape & { readonly help: string })[] = [
  { short: 'd', name: 'detach', takes: 'switch', help: 'does not wait for it' },
  { name: 'detach-keys', takes: 'value', help: 'the keys that detach from it' },
  { short: 'e', name: 'env', takes: 'value', help: 'a variable; may be given again' },
  { name: 'env-file', takes: 'value', help: 'a file of variables' },
  { short: 'i', name: 'interactive', takes: 'switch', help: 'with an input' },
  { name: 'privileged', takes: 'switch', help: 'with all rights' },
  { short: 't', name: 'tty', takes: 'switch', help: 'on a terminal' },
  { short: 'u', name: 'user', takes: 'value', help: 'as this user: NAME or UID[:GID]' },
  { short: 'w', name: 'workdir', takes: 'value', help: 'in this directory' },
];
