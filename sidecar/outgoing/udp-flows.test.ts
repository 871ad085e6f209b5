import { beforeEach, expect, test } from 'vitest';
import {
  decodeAddressed,
  encodeData,
  encodeFailure,
} from '../../src/protocol/addressed-datagram.ts';
import { FLOWS_MAX } from '../../src/relay/datagram-flows.ts';
import { TestStream } from '../../src/relay/test-stream.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import { newTally } from '../status/tally.ts';
import { UdpFlows } from './udp-flows.ts';

function payloadOf(bytes: Buffer): string | undefined {
  const datagram = decodeAddressed(bytes);
  return datagram?.kind === 'data' ? String(datagram.payload) : undefined;
}

const service = (port: number) => ({ address: '10.88.0.2', port });
const peer = { address: '10.96.0.10', port: 443 };
const peerBytes = { address: Buffer.from([10, 96, 0, 10]), port: 443 };

let streams: TestStream[];
let nowMs: number;
let downMs: number;
let refusal: string | undefined;
let answered: string[];
let refused: string[];
let said: string[];
let tally: ReturnType<typeof newTally>['udp'];
let flows: UdpFlows;

beforeEach(() => {
  streams = [];
  [answered, refused, said] = [[], [], []];
  [nowMs, downMs] = [0, 0];
  refusal = undefined;
  tally = newTally().udp;
  const open = () => {
    if (refusal) throw new Error(refusal);
    const stream = new TestStream(payloadOf);
    streams.push(stream);
    return stream;
  };
  flows = new UdpFlows({
    link: {
      mux: { open } as unknown as Mux,
      get downMs() {
        return downMs;
      },
    },
    answer: (from, to, payload) => {
      answered.push(`${from.port}>${to.port} ${payload}`);
      return undefined;
    },
    refuse: (from, to, kind) => refused.push(`${from.port}<${to.port} ${kind.type}/${kind.code}`),
    now: () => nowMs,
    tally,
    journal: { problem: (_name, text) => said.push(text) },
  });
});

const send = (port: number, text: string) => flows.send(service(port), peer, Buffer.from(text));

test('one stream a socket of the service, whatever its peers', () => {
  send(1, 'a');
  flows.send(service(1), { address: '10.96.0.11', port: 53_000 }, Buffer.from('b'));
  send(2, 'c');
  expect(streams.map(({ sent }) => sent)).toEqual([['a', 'b'], ['c']]);
  expect(flows.size).toBe(2);
  expect(tally).toEqual({ sent: 3, received: 0, dropped: 0, refused: 0 });
});

test('answers reach the socket from their peer; what is malformed or of the other family does not', () => {
  send(1, 'a');
  streams[0]?.onDatagram(encodeData(peerBytes, Buffer.from('b')));
  streams[0]?.onDatagram(Buffer.from('nonsense'));
  streams[0]?.onDatagram(encodeData({ address: Buffer.alloc(16, 1), port: 9 }, Buffer.from('c')));
  expect(answered).toEqual(['443>1 b']);
  expect(tally.received).toBe(1);
});

test('a failure is told as it was, or as the message that says the same', () => {
  send(1, 'a');
  const icmp = { type: 3, code: 1 };
  streams[0]?.onDatagram(encodeFailure(peerBytes, { code: 'EHOSTUNREACH', icmp, info: 0 }));
  streams[0]?.onDatagram(encodeFailure(peerBytes, { code: 'EHOSTUNREACH', info: 0 }));
  expect(refused).toEqual(['1<443 3/1', '1<443 3/10']);
  expect(tally.refused).toBe(2);
});

test('a socket that is silent for a minute is forgotten, one that was answered after two', () => {
  send(1, 'a');
  send(2, 'b');
  streams[1]?.onDatagram(encodeData(peerBytes, Buffer.from('c')));
  nowMs = 60_000;
  flows.sweep();
  expect(flows.size).toBe(2);
  nowMs = 60_001;
  flows.sweep();
  expect(streams.map(({ code }) => code)).toEqual(['ECANCELED', undefined]);
  nowMs = 120_001;
  flows.sweep();
  expect(flows.size).toBe(0);
  send(1, 'again');
  expect(streams[2]?.sent).toEqual(['again']);
});

test('of too many sockets the one that was silent longest makes room', () => {
  for (let port = 1; port <= FLOWS_MAX; port++) {
    nowMs++;
    send(port, 'a');
  }
  nowMs++;
  send(1, 'still here');
  send(60_000, 'new');
  expect(flows.size).toBe(FLOWS_MAX);
  expect(streams.flatMap(({ code }, at) => (code ? [at + 1] : []))).toEqual([2]);
});

test('without a link for long, the network is unreachable; a full queue drops and counts', () => {
  send(1, 'a');
  const [stream] = streams;
  if (stream) stream.isFull = true;
  send(1, 'b');
  downMs = 20_000;
  send(1, 'c');
  expect(refused).toEqual(['1<443 3/9']);
  expect(tally.dropped).toBe(2);
});

test('a stream that ends is replaced by the next datagram; one that cannot be opened costs that datagram', () => {
  send(1, 'a');
  streams[0]?.emit('error', Object.assign(new Error('no'), { code: 'EMFILE' }));
  streams[0]?.emit('close');
  expect(said).toEqual(['the agent: EMFILE']);
  refusal = 'the tunnel is closed';
  send(1, 'lost');
  refusal = undefined;
  send(1, 'b');
  expect(streams[1]?.sent).toEqual(['b']);
  expect(tally.dropped).toBe(1);
});

test('the end resets every stream', () => {
  send(1, 'a');
  send(2, 'b');
  flows.close();
  expect(streams.map(({ code }) => code)).toEqual(['ECANCELED', 'ECANCELED']);
  expect(flows.size).toBe(0);
});
