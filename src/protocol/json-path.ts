/** One step into a JSON value. A negative index counts from the end. */
export type JsonStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  /** Every member. */
  | { readonly kind: 'each' }
  /** The value itself and everything below it. */
  | { readonly kind: 'below' };

const STEP =
  /^(?:\.\.(?=[\w*])|\.(?=[\w*])|(?=\[))(?:([A-Za-z_$][\w$-]*)|(\*)|\[(?:(\*)|(-?\d{1,9})|'([^'\\]*)'|"([^"\\]*)")\])/;

/**
 * Reads the part of JSONPath (RFC 9535) that leads to members by name and index: `$.user.id`, `$['user id']`, `$.items[0]`, `$.items[-1]`,
 * `[*]`, `.*`, and once `..`, at any depth. Undefined where it is none, filter expressions, slices and unions included.
 */
export function parseJsonPath(text: string): readonly JsonStep[] | undefined {
  if (!text.startsWith('$')) return undefined;
  const steps: JsonStep[] = [];
  let rest = text.slice(1);
  while (rest !== '') {
    const found = STEP.exec(rest);
    if (found === null) return undefined;
    if (rest.startsWith('..')) steps.push({ kind: 'below' });
    steps.push(stepOf(found));
    rest = rest.slice(found[0].length);
  }
  // Twice would look at the same values again and again.
  return steps.filter(({ kind }) => kind === 'below').length > 1 ? undefined : steps;
}

function stepOf([, name, star, bracketStar, index, single, double]: RegExpExecArray): JsonStep {
  if (star !== undefined || bracketStar !== undefined) return { kind: 'each' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  return { kind: 'name', name: name ?? single ?? double ?? '' };
}
