import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildAnswer,
  DNS_RCODE,
  DNS_TYPE,
  type DnsQuestion,
  encodeName,
  parseQuestion,
  responseCode,
} from '../../src/protocol/dns-message.ts';
import { parseHosts } from './hosts.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { PodResolver } from './resolve.ts';

/** What a nameserver says to a name: addresses, a response code, silence, or more than fits in a datagram. */
type Says = readonly string[] | number | 'silence' | 'long';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

function addressRecord(text: string) {
  return { type: DNS_TYPE.A, ttlSeconds: 30, data: Buffer.from(text.split('.').map(Number)) };
}

function say(says: Says, query: Buffer, question: DnsQuestion, transport: string) {
  if (says === 'silence') return undefined;
  if (typeof says === 'number') return buildAnswer(query, question, { rcode: says });
  const truncated = says === 'long' && transport === 'udp';
  const addresses = says === 'long' ? Array<string>(100).fill('10.0.0.1') : says;
  const records = question.type === DNS_TYPE.A && !truncated ? addresses.map(addressRecord) : [];
  return buildAnswer(query, question, { rcode: 0, records, truncated });
}

/** A nameserver over UDP and TCP on an address of loopback; what it was asked, in order. */
async function serveNames(address: string, port: number, zone: Record<string, Says>) {
  const asked: string[] = [];
  const answer = (query: Buffer, transport: string): Buffer | undefined => {
    const question = parseQuestion(query);
    if (question === undefined) return undefined;
    asked.push(transport === 'tcp' ? `${question.name} over tcp` : question.name);
    const says = zone[question.name] ?? DNS_RCODE.NXDOMAIN;
    return say(says, query, question, transport);
  };
  const udp = dgram.createSocket('udp4');
  udp.on('message', (query, from) => {
    const bytes = answer(query, 'udp');
    if (bytes) udp.send(bytes, from.port, from.address);
  });
  udp.bind(port, address);
  await once(udp, 'listening');
  const tcp = net.createServer((socket) => {
    socket.on('data', (chunk) => {
      const bytes = answer(Buffer.from(chunk.subarray(2)), 'tcp');
      if (bytes)
        socket.end(Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]));
    });
  });
  tcp.listen(udp.address().port, address);
  await once(tcp, 'listening');
  cleanup.push(
    () => udp.close(),
    () => tcp.close(),
  );
  return { asked, port: udp.address().port };
}

function resolver(port: number, conf: string, hosts = ''): PodResolver {
  const names = { hosts: parseHosts(hosts), conf: parseResolvConf(conf) };
  const made = new PodResolver({ names: () => Promise.resolve(names), port });
  cleanup.push(() => made.close());
  return made;
}

function query(name: string, type: number = DNS_TYPE.A, id = 4711): Buffer {
  const head = Buffer.from('000001000001000000000000', 'hex');
  head.writeUInt16BE(id, 0);
  return Buffer.concat([head, encodeName(name.split('.')), Buffer.of(type >> 8, type & 255, 0, 1)]);
}

/** Addresses of an answer whose owners are all the asked name, or its response code. */
function told(answer: Buffer): readonly string[] | number {
  if (responseCode(answer) !== 0) return responseCode(answer);
  const start = answer.length - answer.readUInt16BE(6) * 16;
  return Array.from({ length: answer.readUInt16BE(6) }, (_, index) => {
    const at = start + index * 16;
    expect(answer.readUInt16BE(at)).toBe(0xc00c);
    return answer.subarray(at + 12, at + 16).join('.');
  });
}

const search = 'search shop.local local\noptions ndots:2\n';

describe('PodResolver', () => {
  it('answers a short name under itself, by the first name of the search list that exists', async () => {
    const { port, asked } = await serveNames('127.0.0.1', 0, { 'db.local': ['10.1.1.1'] });
    const names = resolver(port, `nameserver 127.0.0.1\n${search}`);
    const answer = await names.resolve(query('Db'), 'udp');
    expect(told(answer)).toEqual(['10.1.1.1']);
    expect(answer.readUInt16BE(0)).toBe(4711);
    expect(answer.subarray(12, 16)).toEqual(Buffer.from('\x02Db\0'));
    expect(asked).toEqual(['db.shop.local', 'db.local']);
  });

  it('stops at a name without records of the type, and denies only what no candidate has', async () => {
    const { port, asked } = await serveNames('127.0.0.1', 0, { 'db.shop.local': ['10.1.1.1'] });
    const names = resolver(port, `nameserver 127.0.0.1\n${search}`);
    expect(told(await names.resolve(query('db', DNS_TYPE.AAAA), 'udp'))).toEqual([]);
    expect(asked).toEqual(['db.shop.local']);
    expect(told(await names.resolve(query('none'), 'udp'))).toBe(DNS_RCODE.NXDOMAIN);
    expect(asked.slice(1)).toEqual(['none.shop.local', 'none.local', 'none']);
  });

  it('does not take a failure for a denial', async () => {
    const { port } = await serveNames('127.0.0.1', 0, {
      'a.shop.local': DNS_RCODE.SERVFAIL,
      'b.shop.local': DNS_RCODE.REFUSED,
      b: ['10.2.2.2'],
    });
    const names = resolver(port, `nameserver 127.0.0.1\n${search}`);
    expect(told(await names.resolve(query('a'), 'udp'))).toBe(DNS_RCODE.SERVFAIL);
    expect(told(await names.resolve(query('b'), 'udp'))).toEqual(['10.2.2.2']);
  });

  it('asks again over TCP what was cut short, and over TCP alone when told so', async () => {
    const { port, asked } = await serveNames('127.0.0.1', 0, { 'long.x': 'long' });
    const names = resolver(port, 'nameserver 127.0.0.1\n');
    expect(told(await names.resolve(query('long.x'), 'udp'))).toHaveLength(100);
    expect(told(await names.resolve(query('long.x'), 'tcp'))).toHaveLength(100);
    expect(asked).toEqual(['long.x', 'long.x over tcp', 'long.x over tcp']);
  });

  it('goes on to the next server after a refusal, a failure or silence, and remembers it', async () => {
    const first = await serveNames('127.0.0.1', 0, {
      'a.b': 'silence',
      'fail.b': DNS_RCODE.SERVFAIL,
    });
    const zone = { 'a.b': ['10.3.3.3'], 'fail.b': ['10.4.4.4'] };
    const second = await serveNames('127.0.0.2', first.port, zone);
    const conf =
      'nameserver 127.0.0.3\nnameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:1\n';
    const names = resolver(first.port, conf);
    expect(told(await names.resolve(query('fail.b'), 'udp'))).toEqual(['10.4.4.4']);
    expect(told(await names.resolve(query('a.b'), 'udp'))).toEqual(['10.3.3.3']);
    const startedMs = performance.now();
    expect(told(await names.resolve(query('a.b'), 'udp'))).toEqual(['10.3.3.3']);
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(second.asked).toEqual(['fail.b', 'a.b', 'a.b']);
  });

  it('tells silence from refusal', async () => {
    const { port } = await serveNames('127.0.0.1', 0, { 'a.b': 'silence' });
    const silent = resolver(port, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    await expect(silent.resolve(query('a.b'), 'udp')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const refusing = resolver(port, 'nameserver 127.0.0.9\n');
    expect(told(await refusing.resolve(query('a.b'), 'udp'))).toBe(DNS_RCODE.SERVFAIL);
  });

  it("asks the pod's hosts file first: a name of it has no other addresses", async () => {
    const { port, asked } = await serveNames('127.0.0.1', 0, { 'pinned.x': ['10.9.9.9'] });
    const hosts = '10.0.0.7 pinned.x\n10.0.0.8 pinned.x\n';
    const names = resolver(port, 'nameserver 127.0.0.1\n', hosts);
    expect(told(await names.resolve(query('Pinned.X'), 'udp'))).toEqual(['10.0.0.7', '10.0.0.8']);
    expect(told(await names.resolve(query('pinned.x', DNS_TYPE.AAAA), 'udp'))).toEqual([]);
    expect(asked).toEqual([]);
    await names.resolve(query('pinned.x', 16), 'udp');
    expect(asked).toEqual(['pinned.x']);
  });

  it('keeps a thousand questions at once apart', async () => {
    const count = 1000;
    const zone = Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`n${n}.x`, [`10.5.${n >> 8}.${n & 255}`]]),
    );
    const { port } = await serveNames('127.0.0.1', 0, zone);
    const names = resolver(port, 'nameserver 127.0.0.1\n');
    const answers = await Promise.all(
      Array.from({ length: count }, (_, n) => names.resolve(query(`n${n}.x`), 'udp')),
    );
    expect(answers.map((answer) => told(answer))).toEqual(Object.values(zone));
  });

  it('answers nonsense with FORMERR, and nothing to what is no query', async () => {
    const names = resolver(1, 'nameserver 127.0.0.1\n');
    const two = query('a');
    two.writeUInt16BE(2, 4);
    expect(told(await names.resolve(two, 'udp'))).toBe(DNS_RCODE.FORMERR);
    const update = query('a');
    update.writeUInt8(0x28, 2);
    expect(told(await names.resolve(update, 'udp'))).toBe(DNS_RCODE.NOTIMP);
    await expect(names.resolve(Buffer.alloc(5), 'udp')).rejects.toMatchObject({ code: 'EPROTO' });
  });
});
