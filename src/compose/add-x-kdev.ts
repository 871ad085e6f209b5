import { isDeepStrictEqual } from 'node:util';
import { isMap, parseDocument, stringify } from 'yaml';

/** Whether this text of a compose file has the service, and whether its x-kdev too. */
export function findService(text: string, service: string): 'absent' | 'plain' | 'intercepted' {
  const document = parseDocument(text);
  if (!document.hasIn(['services', service])) return 'absent';
  return document.hasIn(['services', service, 'x-kdev']) ? 'intercepted' : 'plain';
}

/**
 * The text of a compose file with x-kdev at the end of a service; everything else stays as it was written. Undefined
 * where the service is written in a form that has no line of its own to add to.
 */
export function addXKdev(
  text: string,
  service: string,
  xKdev: Readonly<Record<string, unknown>>,
): string | undefined {
  if (hasWindowsLines(text)) {
    return addXKdev(text.replaceAll('\r\n', '\n'), service, xKdev)?.replaceAll('\n', '\r\n');
  }
  const document = parseDocument(text);
  const node = document.getIn(['services', service], true);
  if (!isMap(node) || node.flow || !node.range) return undefined;
  const [start, end] = node.range;
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start) + 1));
  const before = text.slice(0, end).trimEnd();
  // A comment behind the last value is on the same line.
  const lineEnd = text.indexOf('\n', before.length);
  const cut = lineEnd < 0 ? text.length : lineEnd;
  const lines = stringify({ 'x-kdev': xKdev })
    .trimEnd()
    .split('\n')
    .map((line) => `\n${indent}${line}`);
  const added = `${text.slice(0, cut)}${lines.join('')}${text.slice(cut) || '\n'}`;
  const wanted = document.clone();
  wanted.setIn(['services', service, 'x-kdev'], xKdev);
  const isAsMeant = isDeepStrictEqual(parseDocument(added).toJS(), wanted.toJS());
  return isAsMeant ? added : undefined;
}

/** Where all lines end so: a file that mixes both is taken as it is. */
function hasWindowsLines(text: string): boolean {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
}

/** The text with a first line that tells editors which schema it has; unchanged where a line says so already. */
export function addSchemaLine(text: string, schema: string): string {
  const hasOne = /^#\s*yaml-language-server\s*:/m.test(text);
  // A directive must come first.
  if (hasOne || text.startsWith('%')) return text;
  const byteOrderMark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const end = hasWindowsLines(text) ? '\r\n' : '\n';
  const line = `# yaml-language-server: $schema=${schema}${end}`;
  return `${byteOrderMark}${line}${text.slice(byteOrderMark.length)}`;
}
