/** One line of a log of kdev's, taken apart. */
export interface LogLine {
  /** undefined: the line says no time. */
  readonly at: Date | undefined;
  readonly text: string;
}

/** `{at, text, …}` and `{at, name, text}` of sidecar and agent, `TIME text` of the session; anything else as it is. */
export function parseLogLine(line: string): LogLine {
  const fields = line.startsWith('{') ? parseObject(line) : undefined;
  if (fields) return fromFields(fields);
  const [, time = '', text = ''] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/.exec(line) ?? [];
  const at = dateOf(time);
  return at ? { at, text } : { at: undefined, text: line };
}

function fromFields(fields: Readonly<Record<string, unknown>>): LogLine {
  const { at, text, name, fatal, code, unwritten, ...more } = fields;
  const words = [
    ...(name === undefined ? [] : [`${name}:`]),
    ...(fatal === undefined ? [] : ['fatal:', code, fatal]),
    text,
    ...Object.entries(more).map(([key, value]) => `${key}=${valueWords(value)}`),
    ...(unwritten === undefined ? [] : [`(${unwritten} lines before it were left out)`]),
  ];
  return { at: dateOf(String(at)), text: words.filter((word) => word !== undefined).join(' ') };
}

function valueWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function dateOf(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The time in the reader's zone; with the day where it is not today. */
export function timeWords(at: Date, now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
