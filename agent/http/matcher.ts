import { errnoError } from '../../src/protocol/errno.ts';
import { type JsonStep, parseJsonPath } from '../../src/protocol/json-path.ts';
import type { TrafficFilter } from '../../src/protocol/traffic-filter.ts';
import { jsonValues } from './json-values.ts';
import { compilePattern, type Matches } from './pattern.ts';

/** Bodies up to here are read before the decision; larger ones match no `body`. */
export const BODY_MAX_BYTES = 64 * 1024;

/** What is known of a request. Texts are latin1, one character a byte, as the wire has them. */
export interface JudgedRequest {
  readonly method: string;
  /** The request target: `/path?query`, or with scheme and authority before it. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The content, without the framing of a transfer coding. Undefined: not read yet. Null: none, too large, or not to be waited for. */
  readonly body?: Buffer | null;
}

/** Whether a request is wanted; undefined where its body decides and is not there yet. With a body, or null, the answer is never undefined. */
export type Judge = (request: JudgedRequest) => boolean | undefined;

/** The filter as one pure function. EINVAL where a pattern or a path is none. */
export function compileFilter(filter: TrafficFilter): Judge {
  const { header = {}, path, method, body = {}, any, all = [] } = filter;
  const judges: Judge[] = [
    ...(method ? [judgeMethod(method)] : []),
    ...(path ? [judgePath(path)] : []),
    ...Object.entries(header).map(([name, pattern]) => judgeHeader(name, pattern)),
    ...all.map(compileFilter),
    ...(any ? [someHolds(any.map(compileFilter))] : []),
    ...Object.entries(body).map(([at, pattern]) => judgeBody(at, pattern)),
  ];
  return allHold(judges);
}

function allHold(judges: readonly Judge[]): Judge {
  return (request) => {
    let answer: boolean | undefined = true;
    for (const judge of judges) {
      const one = judge(request);
      if (one === false) return false;
      answer = one && answer;
    }
    return answer;
  };
}

function someHolds(judges: readonly Judge[]): Judge {
  return (request) => {
    let answer: boolean | undefined = false;
    for (const judge of judges) {
      const one = judge(request);
      if (one) return true;
      if (one === undefined) answer = undefined;
    }
    return answer;
  };
}

function judgeMethod(methods: readonly string[]): Judge {
  return ({ method }) => methods.includes(method);
}

function judgePath(patterns: readonly string[]): Judge {
  const matchers = patterns.map(compilePattern);
  return ({ path }) => {
    const bare = textOf(path.replace(/^https?:\/\/[^/?]*/i, '').replace(/[?#].*$/s, ''));
    return matchers.some((matches) => matches(bare));
  };
}

function judgeHeader(name: string, pattern: string): Judge {
  const wanted = name.toLowerCase();
  const matches = compilePattern(pattern);
  return ({ headers }) =>
    headers.some(([given, value]) => given.toLowerCase() === wanted && matches(textOf(value)));
}

function judgeBody(at: string, pattern: string): Judge {
  const steps = parseJsonPath(at);
  if (steps === undefined) throw errnoError('EINVAL', `${at}: no path into JSON that kdev knows`);
  const matches = compilePattern(pattern);
  return ({ body }) => {
    if (body === undefined) return undefined;
    return body !== null && body.length <= BODY_MAX_BYTES && hasMatch(body, steps, matches);
  };
}

function hasMatch(body: Buffer, steps: readonly JsonStep[], matches: Matches): boolean {
  try {
    const root: unknown = JSON.parse(body.toString('utf8'));
    return jsonValues(root, steps).some(
      (value) => (typeof value !== 'object' || value === null) && matches(String(value)),
    );
  } catch {
    return false; // no JSON
  }
}

/** Filters are written in UTF-8, and so are most headers that have more than ASCII. */
function textOf(latin1: string): string {
  return /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
}
