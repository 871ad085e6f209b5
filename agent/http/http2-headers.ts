import type { OutgoingHttpHeaders } from 'node:http2';

/** A header list as it came: names and values in turn, each name in lower case. */
export type RawHeaders = readonly string[];

/**
 * The list as node:http2 sends it: every name once, at its first place, with all its values in their order. That is the order which
 * has a meaning (RFC 9110 section 5.3). Values are bytes (latin1) from end to end.
 */
export function outgoingHeaders(raw: RawHeaders): OutgoingHttpHeaders {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const values = headers.get(name);
    if (values) values.push(raw[at + 1] ?? '');
    else headers.set(name, [raw[at + 1] ?? '']);
  }
  const single = ([name, values]: [string, string[]]): [string, string | string[]] => [
    name,
    values.length === 1 ? (values[0] ?? '') : values,
  ];
  return Object.fromEntries([...headers].map(single));
}

/** The first value of a name. */
export function headerOf(raw: RawHeaders, name: string): string | undefined {
  for (let at = 0; at + 1 < raw.length; at += 2) if (raw[at] === name) return raw[at + 1];
  return undefined;
}
