import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { kdevError } from '../errors/kdev-error.ts';

/** The user's own settings, below those of every project. */
export interface UserFile {
  readonly content: unknown;
  /** `~/.config/kdev/config.yaml:3` for a path of keys; the file alone where the key cannot be told. */
  readonly locate: (path: readonly string[]) => string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/kdev/config.yaml`; a relative XDG_CONFIG_HOME counts as absent, as the XDG specification has it. */
export function userFilePath(env: Environment): string {
  const given = env['XDG_CONFIG_HOME'] ?? '';
  const folder = isAbsolute(given) ? given : join(env['HOME'] || homedir(), '.config');
  return join(folder, 'kdev', 'config.yaml');
}

/** undefined where there is none. What it holds is for the schema to judge. */
export function readUserFile(env: Environment): UserFile | undefined {
  const path = userFilePath(env);
  const text = textOf(path);
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const name = shortName(path, env);
  const [fault] = document.errors;
  if (fault) throw unreadable(name, fault.message);
  return {
    content: document.toJS() ?? {},
    locate: (keys) => {
      const offset = offsetOf(document.contents, keys);
      return offset === undefined ? name : `${name}:${lines.linePos(offset).line}`;
    },
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

/** Of the deepest key of the path that the file has. */
function offsetOf(contents: unknown, keys: readonly string[]): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const key of keys) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (!pair) break;
    offset = (pair.key as Node).range?.[0];
    node = pair.value;
  }
  return offset;
}

function shortName(path: string, env: Environment): string {
  const home = env['HOME'] || homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function unreadable(path: string, evidence: string) {
  return kdevError('USER_FILE_UNREADABLE', {
    fact: `kdev cannot read your settings in ${path}`,
    evidence,
    hints: [
      { who: 'you', text: 'correct it, or do without it' },
      { who: 'you', text: 'describes every key', command: 'kdev config schema' },
    ],
  });
}
