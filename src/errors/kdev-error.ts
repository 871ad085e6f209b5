import { type Actor, catalogue, type ErrorKind, type ErrorName } from './catalogue.ts';

/** What one party can do: a command to run or a setting to change; `who: 'kdev'` says that it is a bug in kdev. */
export interface Hint {
  readonly who: Actor;
  /** Beside a command what it brings; without one the whole advice. */
  readonly text: string;
  readonly command?: string;
}

export interface ErrorWords {
  /** One sentence without a full stop: what is the case. */
  readonly fact: string;
  /** The source's own words, possibly several lines. Never a secret, never an environment value. */
  readonly evidence?: string;
  readonly hints: readonly [Hint, ...Hint[]];
  /** What the failure left as it was. */
  readonly outcome?: string;
  readonly cause?: unknown;
}

/** The form in which an error travels from the session to the cli. */
export interface PlainError {
  readonly code: string;
  readonly fact: string;
  readonly evidence?: string;
  readonly hints: readonly Hint[];
  readonly outcome?: string;
}

/** An error meant for a person. Everything else that is thrown is a bug, and shown as one. */
export class KdevError extends Error {
  override readonly name = 'KdevError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly fact: string;
  readonly evidence: string | undefined;
  readonly hints: readonly Hint[];
  readonly outcome: string | undefined;

  constructor(kind: ErrorKind, words: Omit<PlainError, 'code'>, cause?: unknown) {
    super(words.fact, cause === undefined ? undefined : { cause });
    this.code = kind.code;
    this.kind = kind;
    this.fact = words.fact;
    this.evidence = words.evidence;
    this.hints = words.hints;
    this.outcome = words.outcome;
  }

  get exitCode(): number {
    return this.kind.exitCode;
  }

  toPlain(): PlainError {
    const { code, fact, evidence, hints, outcome } = this;
    return {
      code,
      fact,
      hints,
      ...(evidence === undefined ? {} : { evidence }),
      ...(outcome === undefined ? {} : { outcome }),
    };
  }
}

export function kdevError(name: ErrorName, words: ErrorWords): KdevError {
  return new KdevError(catalogue[name], words, words.cause);
}

/** Whether `error` is of one of these kinds. */
export function isKdevError(error: unknown, ...names: ErrorName[]): error is KdevError {
  if (!(error instanceof KdevError)) return false;
  return names.length === 0 || names.some((name) => catalogue[name].code === error.code);
}

/** What the session sent, as an error again. A code of another kdev version counts as internal and keeps its number. */
export function fromPlain(plain: PlainError): KdevError {
  const kinds: readonly ErrorKind[] = Object.values(catalogue);
  const known = kinds.find(({ code }) => code === plain.code);
  return new KdevError(known ?? { ...catalogue.INTERNAL, code: plain.code }, plain);
}

/** Anything thrown, as an error that a person can read. */
export function asKdevError(thrown: unknown): KdevError {
  if (thrown instanceof KdevError) return thrown;
  return kdevError('INTERNAL', {
    fact: 'kdev failed where it should not have',
    evidence: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    hints: [
      {
        who: 'kdev',
        command: 'kdev gather-logs',
        text: 'this is a bug: report it with this archive, and with what --debug adds to the command',
      },
    ],
    cause: thrown,
  });
}
