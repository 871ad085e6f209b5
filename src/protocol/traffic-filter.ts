import { LIMITS } from './limits.ts';

/**
 * Which HTTP requests come in: those for which everything that is said holds; of a list, one. Patterns are globs over the whole value
 * (`*` any characters, `?` one), or behind a `~` a regular expression of RE2 that is found anywhere in it.
 */
export interface TrafficFilter {
  /** Name of a header, in any case → pattern for one of its values. */
  readonly header?: Readonly<Record<string, string>>;
  /** Patterns for the path, without the query. */
  readonly path?: readonly string[];
  /** In capitals. */
  readonly method?: readonly string[];
  /** JSONPath into a JSON body → pattern for a text, number, true, false or null that is there. */
  readonly body?: Readonly<Record<string, string>>;
  readonly any?: readonly TrafficFilter[];
  readonly all?: readonly TrafficFilter[];
}

/** Behind a `~` stands a regular expression. */
export function regexpOf(pattern: string): string | undefined {
  return pattern.startsWith('~') ? pattern.slice(1) : undefined;
}

/** What makes a filter larger than the agent takes, in words. */
export function findExcess(filter: TrafficFilter): string | undefined {
  const size = measure(filter, 1);
  if (size.depth > LIMITS.filterDepth) return `any and all more than ${LIMITS.filterDepth} deep`;
  if (size.conditions > LIMITS.filterConditions) {
    return `more than ${LIMITS.filterConditions} conditions`;
  }
  return size.longest > LIMITS.filterPatternCharacters
    ? `a text of more than ${LIMITS.filterPatternCharacters} characters`
    : undefined;
}

interface Size {
  readonly conditions: number;
  readonly depth: number;
  readonly longest: number;
}

function measure(filter: TrafficFilter, depth: number): Size {
  const { header = {}, path = [], method = [], body = {}, any = [], all = [] } = filter;
  const texts = [header, body].flatMap((map) => Object.entries(map).flat());
  const own: Size = {
    conditions: 1 + Object.keys({ ...header, ...body }).length + path.length + method.length,
    depth,
    longest: [...texts, ...path, ...method].reduce((most, { length }) => Math.max(most, length), 0),
  };
  if (depth > LIMITS.filterDepth) return own;
  return [...any, ...all].reduce((sum, inner) => {
    const size = measure(inner, depth + 1);
    return {
      conditions: sum.conditions + size.conditions,
      depth: Math.max(sum.depth, size.depth),
      longest: Math.max(sum.longest, size.longest),
    };
  }, own);
}
