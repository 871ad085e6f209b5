import { beforeEach, expect, test } from 'vitest';
import { FLOWS_MAX } from '../../src/relay/datagram-flows.ts';
import { TestStream } from '../../src/relay/test-stream.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import { IncomingUdpFlows } from './udp-flows.ts';

const client = (port: number) => ({ address: '10.77.0.1', port });
const target = { address: '10.77.0.2', port: 53 };

let streams: TestStream[];
let counts: { received: number; sent: number; dropped: number };
let answered: string[];
let nowMs: number;
let hasLink: boolean;

beforeEach(() => {
  [streams, answered] = [[], []];
  counts = { received: 0, sent: 0, dropped: 0 };
  [nowMs, hasLink] = [0, true];
});

function flowsOf(mode: 'steal' | 'mirror'): IncomingUdpFlows {
  const open = () => {
    const stream = new TestStream();
    streams.push(stream);
    return stream;
  };
  return new IncomingUdpFlows({
    mode,
    mux: () => (hasLink ? ({ open } as unknown as Mux) : undefined),
    counts,
    answer: (to, from, payload) => answered.push(`${from.port}>${to.port} ${payload}`),
    now: () => nowMs,
  });
}

test('one stream a client; what comes is copied, and answers go back to it', () => {
  const flows = flowsOf('steal');
  const payload = Buffer.from('one');
  flows.receive(client(1), target, payload);
  payload.write('two');
  flows.receive(client(1), target, payload);
  flows.receive(client(2), target, payload);
  expect(streams.map(({ sent }) => sent)).toEqual([['one', 'two'], ['two']]);
  streams[1]?.onDatagram(Buffer.from('yes'));
  expect(answered).toEqual(['53>2 yes']);
  expect(counts).toEqual({ received: 3, sent: 1, dropped: 0 });
});

test('answers to a mirrored client go nowhere', () => {
  flowsOf('mirror').receive(client(1), target, Buffer.from('one'));
  streams[0]?.onDatagram(Buffer.from('yes'));
  expect(answered).toEqual([]);
});

test('a client that the service refused gets another stream with its next datagram', () => {
  const flows = flowsOf('steal');
  flows.receive(client(1), target, Buffer.from('one'));
  streams[0]?.emit('error', new Error('refused'));
  streams[0]?.emit('close');
  expect(flows.size).toBe(0);
  flows.receive(client(1), target, Buffer.from('two'));
  expect(streams[1]?.sent).toEqual(['two']);
});

test('silence, a port that is given back and too many others end a flow', () => {
  const flows = flowsOf('steal');
  flows.receive(client(1), target, Buffer.from('one'));
  flows.receive(client(2), { ...target, port: 54 }, Buffer.from('one'));
  streams[1]?.onDatagram(Buffer.from('yes'));
  nowMs = 60_001;
  flows.sweep();
  expect(streams.map(({ code }) => code)).toEqual(['ECANCELED', undefined]);
  flows.keep([53]);
  expect(flows.size).toBe(0);
  for (let port = 1; port <= FLOWS_MAX + 1; port++) {
    nowMs++;
    flows.receive(client(port), target, Buffer.from('one'));
  }
  expect(flows.size).toBe(FLOWS_MAX);
  expect(streams[2]?.code).toBe('ECANCELED');
});

test('without a link, and with a full queue, datagrams are dropped and counted', () => {
  const flows = flowsOf('steal');
  hasLink = false;
  flows.receive(client(1), target, Buffer.from('lost'));
  hasLink = true;
  flows.receive(client(1), target, Buffer.from('one'));
  const [stream] = streams;
  if (stream) stream.isFull = true;
  flows.receive(client(1), target, Buffer.from('two'));
  expect(counts).toEqual({ received: 1, sent: 0, dropped: 2 });
});
