import { z } from 'zod';
import { parseJsonPath } from '../protocol/json-path.ts';
import { findExcess, regexpOf, type TrafficFilter } from '../protocol/traffic-filter.ts';
import { regexpFault } from './regexp-fault.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const patternText = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .superRefine((pattern, { addIssue }) => {
    const regexp = regexpOf(pattern);
    const fault = regexp === undefined ? undefined : regexpFault(regexp);
    if (fault !== undefined) addIssue({ code: 'custom', message: `expected ${fault}` });
  });

function oneOrMore<T extends z.ZodType<string>>(item: T) {
  return z.union([item.transform((one) => [one]), z.array(item).min(1)]);
}

/** A filter in a filter: its keys are checked, but an editor is told of them once. */
const nested = z.unknown().transform(parseKeys).meta({ type: 'object' });

function parseKeys(value: unknown, { issues }: z.core.ParsePayload): TrafficFilter {
  const parsed = filterKeys.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
}

const filterKeys = z
  .strictObject({
    header: z
      .record(z.string().regex(TOKEN, 'expected the name of a header'), patternText)
      .describe('Name of a header → pattern for its value.')
      .meta({ examples: [{ 'x-user': 'ada' }] })
      .optional(),
    path: oneOrMore(patternText)
      .describe("Patterns for the request's path, without the query: one of them.")
      .meta({ examples: ['/api/*', ['/orders', '~^/v[12]/orders']] })
      .optional(),
    method: oneOrMore(
      z
        .string()
        .regex(TOKEN, 'expected a method')
        .transform((method) => method.toUpperCase()),
    )
      .describe('Methods: one of them.')
      .meta({ examples: ['POST', ['GET', 'HEAD']] })
      .optional(),
    body: z
      .record(
        z.string().refine((path) => parseJsonPath(path) !== undefined, {
          message: 'expected a path into JSON, such as $.user.id or $.items[*].sku',
        }),
        patternText,
      )
      .describe('JSONPath into a JSON body of up to 64 KiB → pattern for a value there.')
      .meta({ examples: [{ '$.user.id': 'ada' }] })
      .optional(),
    any: z
      .array(nested)
      .min(1)
      .describe('Filters: one of them.')
      .meta({ examples: [[{ method: 'GET' }, { header: { 'x-user': 'ada' } }]] })
      .optional(),
    all: z
      .array(nested)
      .min(1)
      .describe('Filters: each of them.')
      .meta({ examples: [[{ path: '/api/*' }, { header: { 'x-user': 'ada' } }]] })
      .optional(),
  })
  .transform((filter): TrafficFilter => withoutAbsent(filter))
  .refine((filter) => Object.values(filter).some((part) => Object.keys(part).length > 0), {
    message: 'expected at least one of header, path, method, body, any and all',
  });

const headerText = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+=/, 'expected HEADER=PATTERN, such as x-user=ada')
  .transform((text, context) => {
    const at = text.indexOf('=');
    return parseKeys({ header: { [text.slice(0, at)]: text.slice(at + 1) } }, context);
  });

/** `incoming.filter`, its short form for one header included. */
export const filterSchema = z
  .union([headerText.describe('HEADER=PATTERN, for one header.'), filterKeys])
  .superRefine((filter, { addIssue }) => {
    const excess = findExcess(filter);
    if (excess !== undefined) addIssue({ code: 'custom', message: `too large: ${excess}` });
  })
  .describe(
    'Which HTTP requests come in: all that is said must hold. A pattern is a glob for the whole value (*, ?), or behind a ~ a regular expression. Without it everything comes in.',
  )
  .meta({ examples: ['x-user=ada', { header: { 'x-user': '~^(ada|bob)$' }, path: '/api/*' }] });

function withoutAbsent<T extends object>(map: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
