import { counted } from '../screen/counted.ts';
import { schemaVersion } from '../screen/schema-version.ts';
import { endpointWords } from './endpoint-words.ts';
import type { Seen } from './read-requests.ts';

const ROW_BYTES = 16;

/** What was seen, for people: a request as it was sent, else bytes and the text in them. What a terminal would obey is shown as `\x1b`. */
export function seenText(seen: Seen): string {
  const head = `${timeText(seen.at)}  ${endpointWords(seen.from)} -> :${seen.to.port}`;
  switch (seen.kind) {
    case 'request': {
      const { method, target, version, headers } = seen;
      const lines = [
        head,
        visible(`${method} ${target} HTTP/${version}`),
        ...headers.map(([name, value]) => visible(`${name}: ${value}`)),
      ];
      return `${lines.join('\n')}\n\n${bodyText(seen)}`;
    }
    case 'bytes':
      return `${head}  ${counted(seen.bytes.length, 'byte')}\n${hexText(seen.bytes)}\n`;
    case 'end':
      return `${head}  ${seen.how === 'end' ? 'ended' : `ended: ${seen.how}`}\n\n`;
  }
}

/** The same for programs, on one line. */
export function seenLine(seen: Seen): string {
  const { at, from, to } = seen;
  const common = { schemaVersion, at: at.toISOString(), kind: seen.kind, from, to };
  switch (seen.kind) {
    case 'request': {
      const { method, target, version, headers, body, bodyBytes, isCut } = seen;
      const request = { method, target, version, headers, ...content(body), bodyBytes, isCut };
      return `${JSON.stringify({ ...common, ...request })}\n`;
    }
    case 'bytes':
      return `${JSON.stringify({ ...common, ...content(seen.bytes) })}\n`;
    case 'end':
      return `${JSON.stringify({ ...common, how: seen.how })}\n`;
  }
}

function bodyText({ body, bodyBytes, isCut }: Extract<Seen, { kind: 'request' }>): string {
  const more =
    bodyBytes > body.length ? `(the first ${body.length} of ${counted(bodyBytes, 'byte')})\n` : '';
  const cut = isCut ? '(the connection ended before the request did)\n' : '';
  const text = asText(body);
  const shown = text === undefined ? hexText(body) : visible(text);
  const lines = body.length === 0 || shown.endsWith('\n') ? shown : `${shown}\n`;
  const after = `${lines}${more}${cut}`;
  return after === '' ? '' : `${after}\n`;
}

/** As text where it is one, else in base64. */
function content(bytes: Buffer): { readonly text: string } | { readonly base64: string } {
  const text = asText(bytes);
  return text === undefined ? { base64: bytes.toString('base64') } : { text };
}

/** The end may lie within a character. */
function asText(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: true,
    });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Everything but line breaks and tabs that is no character to look at. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  return text.replaceAll('\r\n', '\n').replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function hexText(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = row.toString('latin1').replaceAll(/[^ -~]/g, '.');
    text += `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(ROW_BYTES * 3)} |${letters}|\n`;
  }
  return text;
}

function timeText(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}
