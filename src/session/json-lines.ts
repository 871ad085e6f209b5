import type { Duplex } from 'node:stream';

const newline = 0x0a;

/**
 * Reads one JSON object a line. Ends with the pipe; throws where a line is longer than `maxBytes`, is no JSON object, or
 * is cut off by the end. The pipe stays the caller's to close.
 */
export async function* readJsonLines(
  pipe: Duplex,
  maxBytes: number,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of pipe.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      parts.push(chunk.subarray(start, end));
      held += end - start;
      if (held > maxBytes) throw new Error(`a line of more than ${maxBytes} bytes`);
      yield parseObject(Buffer.concat(parts));
      parts = [];
      held = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > maxBytes) throw new Error(`a line of more than ${maxBytes} bytes`);
  }
  if (held > 0) throw new Error('the last line is cut off');
}

export function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function parseObject(line: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch (cause) {
    throw new Error('a line that is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('a line that is no JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}
