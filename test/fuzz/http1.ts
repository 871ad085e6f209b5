import assert from 'node:assert/strict';
import { HEAD_MAX_BYTES } from '../../agent/http/head-lines.ts';
import { compileFilter } from '../../agent/http/matcher.ts';
import { type MessageForm, MessageReader } from '../../agent/http/message-reader.ts';
import { requests, responsesTo } from '../../agent/http/messages.ts';
import { MirroredRequests } from '../../agent/http/mirrored-requests.ts';
import { makeRequests, makeResponses } from './http1-inputs.ts';
import type { Random } from './random.ts';

const wantsAda = compileFilter({ any: [{ header: { 'x-user': 'ada' } }, { body: { $: '*' } }] });

/** However the bytes are cut, the reader finds the same messages, loses no byte, and holds few; so does a mirror with a filter. */
export function http1(random: Random): void {
  const sent = makeRequests(random);
  same(sent, random, () => requests);
  const answered = makeResponses(random);
  const method = random.pick(['GET', 'HEAD', 'CONNECT']);
  same(answered, random, () => responsesTo(() => method));
  assert.equal(mirrored(random.cut(sent)), mirrored([sent]), 'a mirror passes the same on');
}

function same(bytes: Buffer, random: Random, form: () => MessageForm<object>): void {
  const whole = readParts([bytes], form());
  const bytesOut = whole.map(([, text]) => text).join('');
  assert.equal(bytesOut, bytes.toString('latin1'), 'no byte is lost, added or moved');
  const pieces = random.cut(bytes);
  const same = words(readParts(pieces, form())) === words(whole);
  assert.ok(same, `the same parts, however it is cut: ${JSON.stringify(bytes.toString('latin1'))}`);
}

/** The parts, those of one body as one: what kind, its bytes, what they carry. */
function readParts(pieces: readonly Buffer[], form: MessageForm<object>): string[][] {
  const reader = new MessageReader(form);
  const parts: string[][] = [];
  reader.wantsContents = true;
  for (const piece of pieces) {
    reader.push(piece);
    drain(reader, parts);
    const isUnclear = parts.at(-1)?.[0] === 'unclear';
    assert.ok(isUnclear || reader.heldBytes <= HEAD_MAX_BYTES + piece.length, 'few bytes are held');
  }
  const rest = Buffer.concat(reader.takeRest()).toString('latin1');
  return [...parts, ['rest', rest]];
}

function words(parts: readonly string[][]): string {
  return parts.map((part) => part.join('|')).join('\n');
}

function drain(reader: MessageReader<object>, parts: string[][]): void {
  while (parts.at(-1)?.[0] !== 'unclear') {
    const part = reader.next();
    if (part === undefined) return;
    const text = 'bytes' in part ? part.bytes.toString('latin1') : '';
    const carried = part.kind === 'body' ? Buffer.concat(part.contents).toString('latin1') : '';
    const last = parts.at(-1);
    if (part.kind === 'body' && last?.[0] === 'body') {
      last[1] += text;
      last[2] += carried;
    } else parts.push([part.kind, text, carried]);
  }
}

function mirrored(pieces: readonly Buffer[]): string {
  let passed = '';
  const sink = new MirroredRequests(wantsAda, () => ({
    isOpen: () => true,
    data: (bytes) => {
      passed += bytes.toString('latin1');
    },
    end: () => undefined,
    break: () => undefined,
  }));
  for (const piece of pieces) if (sink.isOpen()) sink.data(piece);
  return passed;
}
