import type { z } from 'zod';
import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { type NotBuilt, whatIsNotBuilt } from './not-built.ts';
import { keysAt } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Which x-kdev is read, and where its keys stand in the user's files. */
export interface Place {
  /** undefined: the top-level x-kdev, or the user's own file. */
  readonly service: string | undefined;
  /** `compose.yaml:12` for a path of keys from the root of the file, undefined where it cannot be told. */
  readonly locate?: (path: readonly string[]) => string | undefined;
  /** The same in the user's own file, which has no x-kdev around its keys. */
  readonly userFile?: (path: readonly string[]) => string;
}

/** What is wrong with a value that does not fit the schema. */
export interface Misfit {
  readonly path: readonly PropertyKey[];
  readonly notBuilt: NotBuilt | undefined;
  /** The key that is not known; undefined where the value at `path` is at fault. */
  readonly unknownKey: string | undefined;
  /** `"steel": expected one of mirror, steal, off, did you mean steal?` */
  readonly words: string;
}

/** The first thing that is wrong. */
export function findMisfit(value: unknown, issues: readonly Issue[]): Misfit {
  const [issue, deeper] = innermost(issues, value);
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? deeper : [...deeper, unknownKey];
  const found = valueAt(value, path);
  return {
    path,
    notBuilt: whatIsNotBuilt(path, found),
    unknownKey,
    words: `${shown(path, found)}: ${expectation(issue, found)}`,
  };
}

/** What is wrong with an x-kdev: the path of the key, where it stands, and the nearest known name. */
export function xKdevError(value: unknown, issues: readonly Issue[], place: Place): KdevError {
  const { path, notBuilt, unknownKey, words } = findMisfit(value, issues);
  const where = `${asWords(path, place)} ${whereItStands(path, place)}`;
  const schemaHint = {
    who: 'you',
    command: 'kdev config schema',
    text: 'describes every key',
  } as const;
  if (notBuilt !== undefined) {
    return kdevError('SETTING_NOT_BUILT', {
      fact: `${where} asks for what kdev cannot do yet: ${notBuilt.what}`,
      hints: [{ who: 'you', text: notBuilt.instead }],
    });
  }
  if (unknownKey === undefined) {
    return kdevError('X_KDEV_INVALID_VALUE', {
      fact: `${where} is ${words}`,
      hints: [schemaHint],
    });
  }
  const known = keysAt(place.service === undefined ? 'project' : 'service', path.slice(0, -1));
  return kdevError('X_KDEV_UNKNOWN_KEY', {
    fact: `${where} is not a key that kdev knows${didYouMean(unknownKey, known)}`,
    hints: [{ who: 'you', text: `use a key that is known there: ${known.join(', ')}` }, schemaHint],
  });
}

/** The issue itself, where a short form made it one of several alternatives; and its whole path. */
function innermost(
  issues: readonly Issue[],
  value: unknown,
): [issue: Issue, path: readonly PropertyKey[]] {
  const [issue] = issues;
  if (issue === undefined) throw new Error('a failed parse has an issue');
  if (issue.code !== 'invalid_union') return [issue, issue.path];
  const here = valueAt(value, issue.path);
  const branches = issue.errors.filter((branch) => fits(branch, here));
  const [branch] = branches.length > 0 ? branches : [[]];
  if (branch === undefined || branch.length === 0) return [issue, issue.path];
  const [inner, path] = innermost(branch, here);
  return [inner, [...issue.path, ...path]];
}

/** Whether an alternative is the one that was meant: the value has its type. */
function fits(branch: readonly Issue[], value: unknown): boolean {
  const [first] = branch;
  if (first === undefined) return false;
  if (first.path.length > 0) return true;
  if (first.code === 'invalid_union') return first.errors.some((inner) => fits(inner, value));
  if (first.code === 'invalid_value') return typeof value === 'string';
  return first.code !== 'invalid_type';
}

function expectation(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map(String))}${didYouMean(String(value), issue.values.map(String))}`;
    case 'invalid_union':
      return `expected ${[...new Set(issue.errors.flatMap(([first]) => (first ? [expectation(first, value).replace(/^expected /, '')] : [])))].join(' or ')}`;
    case 'too_small':
      return `expected at least ${issue.minimum}${issue.origin === 'array' ? ' of them' : ''}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys',
  record: 'a map of names to values',
  array: 'a list',
};

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
}

/** Environment values never print. */
function shown(path: readonly PropertyKey[], value: unknown): string {
  if (path[0] === 'env' && path[1] === 'override') return `of type ${typeof value}`;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

function asWords(path: readonly PropertyKey[], { userFile }: Place): string {
  const words = path.reduce<string>(
    (before, key) => (typeof key === 'number' ? `${before}[${key}]` : `${before}.${String(key)}`),
    'x-kdev',
  );
  if (!userFile) return words;
  return words.replace(/^x-kdev\.?/, '') || 'it';
}

function whereItStands(path: readonly PropertyKey[], { service, locate, userFile }: Place): string {
  if (userFile) return `in ${userFile(path.map(String))}`;
  const root = service === undefined ? [] : ['services', service];
  const line = locate?.([...root, 'x-kdev', ...path.map(String)]);
  const whose = service === undefined ? 'at the top level' : `of service ${service}`;
  return line === undefined ? whose : `${whose} (${line})`;
}
