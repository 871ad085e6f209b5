import {
  DNS_HEADER_BYTES,
  type DnsQuestion,
  encodeName,
  readName,
} from '../../src/protocol/dns-message.ts';

/**
 * Where names stand in the data of a record, by type: `n` a name, `2` and `4` bytes to skip, `s` a character string. Compression may be
 * used in these alone (RFC 3597 section 4 with RFC 1035, 1183, 2782 and 3403); the data of all other types is opaque.
 */
const NAMES_IN_DATA: Readonly<Record<number, string>> = {
  2: 'n', // NS
  3: 'n', // MD
  4: 'n', // MF
  5: 'n', // CNAME
  6: 'nn', // SOA
  7: 'n', // MB
  8: 'n', // MG
  9: 'n', // MR
  12: 'n', // PTR
  14: 'nn', // MINFO
  15: '2n', // MX
  17: 'nn', // RP
  18: '2n', // AFSDB
  21: '2n', // RT
  26: '2nn', // PX
  33: '24n', // SRV
  35: '4sssn', // NAPTR
  36: '2n', // KX
  39: 'n', // DNAME
};

/** A name under which the record's owner is the question's: a pointer to it. */
const ASKED = Buffer.of(0xc0, DNS_HEADER_BYTES);

interface Section {
  readonly records: readonly Buffer[];
  readonly end: number;
}

/**
 * The answer to another name, told as the answer to the asked one: its question becomes the asker's own, byte for byte, and records of the
 * other name become the asked name's. Everything else stays, names uncompressed. Undefined where the answer is malformed.
 */
export function renameAnswer(
  answer: Buffer,
  query: Buffer,
  question: DnsQuestion,
): Buffer | undefined {
  if (answer.length < DNS_HEADER_BYTES || answer.readUInt16BE(4) !== 1) return undefined;
  const found = readName(answer, DNS_HEADER_BYTES);
  if (found === undefined || found.end + 4 > answer.length) return undefined;
  const head = Buffer.from(answer.subarray(0, DNS_HEADER_BYTES));
  head.writeUInt16BE(question.id, 0);
  const parts = [head, query.subarray(DNS_HEADER_BYTES, question.end)];
  const foundName = nameOf(found.labels);
  let at = found.end + 4;
  const records = answer.readUInt16BE(6) + answer.readUInt16BE(8) + answer.readUInt16BE(10);
  for (let index = 0; index < records; index++) {
    const record = rewriteRecord(answer, at, foundName);
    if (record === undefined) return undefined;
    parts.push(...record.records);
    at = record.end;
  }
  return Buffer.concat(parts);
}

function rewriteRecord(message: Buffer, at: number, found: string): Section | undefined {
  const owner = readName(message, at);
  if (owner === undefined || owner.end + 10 > message.length) return undefined;
  const start = owner.end + 10;
  const end = start + message.readUInt16BE(owner.end + 8);
  if (end > message.length) return undefined;
  const data = rewriteData(message, { type: message.readUInt16BE(owner.end), start, end });
  if (data === undefined) return undefined;
  const fixed = Buffer.from(message.subarray(owner.end, start));
  fixed.writeUInt16BE(data.length, 8);
  const name = nameOf(owner.labels) === found ? ASKED : encodeName(owner.labels);
  return { records: [name, fixed, data], end };
}

interface DataPlace {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The data with its names uncompressed: their pointers lead to places that move. */
function rewriteData(message: Buffer, { type, start, end }: DataPlace): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = start;
  for (const step of NAMES_IN_DATA[type] ?? '') {
    const part = readPart(message, at, step);
    if (part === undefined || part.end > end) return undefined;
    parts.push(part.bytes);
    at = part.end;
  }
  return Buffer.concat([...parts, message.subarray(at, end)]);
}

function readPart(
  message: Buffer,
  at: number,
  step: string,
): { readonly bytes: Buffer; readonly end: number } | undefined {
  if (step === 'n') {
    const name = readName(message, at);
    return name && { bytes: encodeName(name.labels), end: name.end };
  }
  const end = at + (step === 's' ? 1 + (message[at] ?? 0) : Number(step));
  return { bytes: message.subarray(at, end), end };
}

function nameOf(labels: readonly string[]): string {
  return labels.join('\0').toLowerCase();
}
