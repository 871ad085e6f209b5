import net from 'node:net';

/** The 4 or 16 bytes of an address in text form, in network order. A zone (`%eth0`) is refused: it names no address of its own. */
export function parseAddress(text: string): Buffer {
  if (net.isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!net.isIPv6(text) || text.includes('%')) throw new Error(`not an IP address: ${text}`);
  return parseIpv6(text);
}

function parseIpv6(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const bytes = Buffer.alloc(16);
  before.forEach((group, at) => {
    bytes.writeUInt16BE(group, at * 2);
  });
  after.forEach((group, at) => {
    bytes.writeUInt16BE(group, 16 - (after.length - at) * 2);
  });
  return bytes;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const bytes = Buffer.from(part.split('.').map(Number));
    return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
  });
}

/** Canonical text (RFC 5952) of 4 or 16 bytes in network order. IPv4-mapped addresses keep their dotted tail. */
export function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new Error(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2));
  const zeros = longestZeros(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function isMapped(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  );
}

/** The first of the longest runs of zero groups: that one is written `::`. */
function longestZeros(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = { start: 0, length: 0 };
  groups.forEach((group, at) => {
    run =
      group === 0
        ? { start: run.length ? run.start : at, length: run.length + 1 }
        : { start: at, length: 0 };
    if (run.length > best.length) best = run;
  });
  return best;
}
