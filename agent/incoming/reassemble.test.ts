import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowBreak } from './mirrored-flow.ts';
import {
  type NewFlow,
  type ReassembleLimits,
  Reassembler,
  type SeenSegment,
} from './reassemble.ts';
import { advance } from './sequence.ts';

const from = { address: '10.0.0.9', port: 40_000 };
const to = { address: '10.0.0.1', port: 8080 };
const NOTHING = Buffer.alloc(0);

interface Seen {
  readonly flow: NewFlow;
  bytes: Buffer;
  ended: boolean;
  broken?: FlowBreak;
}

/** What a service behind the mirror would have seen. */
function stage(limits: Partial<ReassembleLimits> = {}) {
  const flows: Seen[] = [];
  const clock = { now: 0 };
  const refuse = { now: false };
  const reassembler = new Reassembler({
    now: () => clock.now,
    limits,
    open: (flow) => {
      const seen: Seen = { flow, bytes: NOTHING, ended: false };
      flows.push(seen);
      return {
        isOpen: () => !refuse.now,
        data: (bytes) => {
          if (seen.ended || seen.broken) throw new Error('bytes after the end');
          seen.bytes = Buffer.concat([seen.bytes, bytes]);
        },
        end: () => {
          seen.ended = true;
        },
        break: (why) => {
          seen.broken = why;
        },
      };
    },
  });
  return { reassembler, flows, clock, refuse };
}

function segment(sequence: number, over: Partial<SeenSegment> = {}): SeenSegment {
  return {
    key: 'a',
    sequence: sequence >>> 0,
    acknowledgement: 5000,
    payload: NOTHING,
    syn: false,
    fin: false,
    reset: false,
    endpoints: () => ({ from, to }),
    ...over,
  };
}

const text = (payload: string) => ({ payload: Buffer.from(payload) });

describe('Reassembler', () => {
  it('follows a connection from its handshake to its end', () => {
    const { reassembler, flows } = stage();
    reassembler.accept(segment(99, { syn: true }));
    expect(flows).toHaveLength(0); // a SYN alone is no connection
    reassembler.accept(segment(100));
    reassembler.accept(segment(100, text('hello ')));
    reassembler.accept(segment(106, { ...text('world'), fin: true }));
    reassembler.accept(segment(106, { ...text('world'), fin: true })); // retransmitted
    expect(flows).toEqual([
      { flow: { from, to, joined: false }, bytes: Buffer.from('hello world'), ended: true },
    ]);
    expect(reassembler.open).toBe(0);
  });

  it('puts back in order what came early, across the wrap of sequence numbers', () => {
    const { reassembler, flows } = stage();
    const start = 2 ** 32 - 3;
    reassembler.accept(segment(start - 1, { syn: true }));
    reassembler.accept(segment(start + 6, text('ghi')));
    reassembler.accept(segment(start + 3, text('def')));
    reassembler.accept(segment(start, text('abc')));
    expect(flows[0]?.bytes.toString()).toBe('abcdefghi');
  });

  it('joins a connection in its middle, and says so', () => {
    const { reassembler, flows } = stage();
    reassembler.accept(segment(700)); // a bare ACK shows nothing yet
    expect(flows).toHaveLength(0);
    reassembler.accept(segment(700, text('GET /')));
    expect(flows[0]).toMatchObject({ flow: { joined: true }, bytes: Buffer.from('GET /') });
  });

  it('breaks at a hole that stays, and takes up the connection at the next request', () => {
    const { reassembler, flows, clock } = stage({ holeMs: 1000 });
    reassembler.accept(segment(99, { syn: true }));
    reassembler.accept(segment(100, text('first')));
    reassembler.accept(segment(110, text('behind the hole')));
    clock.now = 999;
    reassembler.sweep();
    expect(flows[0]?.broken).toBeUndefined();
    clock.now = 1000;
    reassembler.sweep();
    expect(flows[0]).toMatchObject({ broken: 'gap', bytes: Buffer.from('first') });
    expect(reassembler.gaps).toBe(1);

    reassembler.accept(segment(125, text('rest of the same request')));
    expect(flows).toHaveLength(1);
    reassembler.accept(segment(149, { ...text('next request'), acknowledgement: 6000 }));
    expect(flows[1]).toMatchObject({
      flow: { joined: true },
      bytes: Buffer.from('next request'),
    });
  });

  it('lets a service that refused come back at the next request', () => {
    const { reassembler, flows, refuse } = stage();
    reassembler.accept(segment(99, { syn: true }));
    refuse.now = true;
    reassembler.accept(segment(100, text('one')));
    refuse.now = false;
    reassembler.accept(segment(103, text(' still one')));
    reassembler.accept(segment(113, { ...text('two'), acknowledgement: 6000 }));
    expect(flows.map(({ bytes }) => bytes.toString())).toEqual(['', 'two']);
  });

  it('does not lose the request at which it notices that the service has refused', () => {
    const { reassembler, flows, refuse } = stage();
    reassembler.accept(segment(99, { syn: true }));
    reassembler.accept(segment(100, text('one')));
    refuse.now = true;
    const endpoints = () => {
      refuse.now = false; // the new stream is open
      return { from, to };
    };
    reassembler.accept(segment(103, { ...text('two'), acknowledgement: 6000, endpoints }));
    expect(flows.map(({ bytes }) => bytes.toString())).toEqual(['one', 'two']);
  });

  it('ends by the reset of the client, and by a new connection from the same port', () => {
    const { reassembler, flows } = stage();
    reassembler.accept(segment(99, { syn: true }));
    reassembler.accept(segment(100, text('x')));
    reassembler.accept(segment(99, { syn: true })); // retransmitted: nothing happens
    expect(flows[0]?.broken).toBeUndefined();
    reassembler.accept(segment(9000, { syn: true }));
    expect(flows[0]?.broken).toBe('reset');
    reassembler.accept(segment(9001, text('y')));
    reassembler.accept(segment(9002, { reset: true }));
    expect(flows[1]).toMatchObject({ bytes: Buffer.from('y'), broken: 'reset' });
    expect(reassembler.open).toBe(0);
  });

  it('holds no more than its limits', () => {
    const { reassembler, flows } = stage({ heldBytesOfFlow: 100, heldBytes: 150 });
    for (const key of ['a', 'b']) {
      reassembler.accept(segment(99, { key, syn: true }));
      reassembler.accept(segment(100, { key }));
    }
    reassembler.accept(segment(200, { key: 'a', payload: Buffer.alloc(90) }));
    reassembler.accept(segment(200, { key: 'b', payload: Buffer.alloc(59) }));
    expect(flows.map(({ broken }) => broken)).toEqual([undefined, undefined]);
    reassembler.accept(segment(300, { key: 'b', payload: Buffer.alloc(2) }));
    expect(flows.map(({ broken }) => broken)).toEqual([undefined, 'gap']);
    reassembler.accept(segment(300, { key: 'a', payload: Buffer.alloc(11) }));
    expect(flows.map(({ broken }) => broken)).toEqual(['gap', 'gap']);
  });

  it('follows no more connections than its limits; the idle give way, the busy do not', () => {
    const { reassembler, flows, clock } = stage({ flows: 2, openings: 2, idleMs: 1000 });
    const connect = (key: string) => {
      reassembler.accept(segment(99, { key, syn: true }));
      reassembler.accept(segment(100, { key, ...text(key) }));
    };
    connect('a');
    clock.now = 500;
    connect('b');
    connect('c');
    expect(reassembler.refused).toBe(1);
    clock.now = 1000;
    connect('d');
    expect(flows.map(({ bytes, broken }) => [bytes.toString(), broken])).toEqual([
      ['a', 'evicted'],
      ['b', undefined],
      ['d', undefined],
    ]);
    for (let port = 0; port < 100; port++)
      reassembler.accept(segment(1, { key: `${port}`, syn: true }));
    expect(reassembler.open).toBe(2);
  });

  it('lets a silent connection go, and takes it up when it speaks', () => {
    const { reassembler, flows, clock } = stage({ silentMs: 1000 });
    reassembler.accept(segment(100, text('x')));
    clock.now = 999;
    reassembler.sweep();
    expect(flows[0]?.broken).toBeUndefined();
    clock.now = 1000;
    reassembler.sweep();
    expect(flows[0]?.broken).toBe('evicted');
    reassembler.accept(segment(101, text('y')));
    expect(flows[1]).toMatchObject({ flow: { joined: true }, bytes: Buffer.from('y') });
  });

  it('stops the flows of a port that is not mirrored any more', () => {
    const { reassembler, flows } = stage();
    reassembler.accept(segment(100, { key: 'a', ...text('x') }));
    reassembler.accept(segment(100, { key: 'b', ...text('y') }));
    reassembler.keep((key) => key === 'b');
    expect(flows.map(({ broken }) => broken)).toEqual(['stopped', undefined]);
    reassembler.accept(segment(101, { key: 'a', ...text('z') }));
    expect(flows[2]).toMatchObject({ flow: { joined: true }, bytes: Buffer.from('z') });
  });
});

describe('Reassembler, against a model', () => {
  const stream = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  /** Pieces that cover the stream, more pieces anywhere in it, an order for all of them. */
  const traffic = stream.chain((bytes) =>
    fc.record({
      bytes: fc.constant(bytes),
      start: fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xfffffe00, max: 0xffffffff })),
      cuts: fc.array(fc.nat(bytes.length), { maxLength: 12 }),
      extra: fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 80 })), {
        maxLength: 10,
      }),
      order: fc.infiniteStream(fc.nat(1000)),
      handshake: fc.boolean(),
    }),
  );

  function pieces({
    bytes,
    cuts,
    extra,
  }: {
    bytes: Buffer;
    cuts: number[];
    extra: [number, number][];
  }) {
    const edges = [0, ...new Set(cuts), bytes.length].sort((a, b) => a - b);
    const cover = edges.slice(1).map((end, index) => [edges[index] ?? 0, end] as const);
    const again = extra.map(([at, length]) => [at, Math.min(bytes.length, at + length)] as const);
    return { cover, again };
  }

  function play(
    reassembler: Reassembler,
    traffic: { bytes: Buffer; start: number; list: (readonly [number, number])[] },
  ) {
    const { bytes, start, list } = traffic;
    reassembler.accept(segment(start - 1, { syn: true }));
    reassembler.accept(segment(start));
    for (const [at, end] of list) {
      const fin = end === bytes.length;
      reassembler.accept(segment(advance(start, at), { payload: bytes.subarray(at, end), fin }));
    }
  }

  it('gives the whole stream once, whatever the order, the repetitions and the overlaps', () => {
    fc.assert(
      fc.property(traffic, ({ bytes, start, cuts, extra, order }) => {
        const { cover, again } = pieces({ bytes, cuts, extra });
        const list = [...cover, ...again]
          .map((piece) => ({ piece, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ piece }) => piece);
        const { reassembler, flows } = stage();
        play(reassembler, { bytes, start, list });
        expect(flows).toHaveLength(1);
        expect(flows[0]?.bytes.equals(bytes)).toBe(true);
        expect(flows[0]?.ended).toBe(true);
        expect(reassembler.open).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives what lies before the first hole, and then breaks', () => {
    fc.assert(
      fc.property(traffic, fc.nat(1000), ({ bytes, start, cuts, order }, lose) => {
        const { cover } = pieces({ bytes, cuts, extra: [] });
        const lost = cover[lose % cover.length];
        const list = cover
          .filter((piece) => piece !== lost)
          .map((piece) => ({ piece, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ piece }) => piece);
        const { reassembler, flows, clock } = stage();
        play(reassembler, { bytes, start, list });
        clock.now = 10_000;
        reassembler.sweep();
        const [at, end] = lost ?? [0, 0];
        if (at === end) return; // an empty piece was lost: only an empty FIN can be missing
        expect(flows).toHaveLength(1);
        expect(flows[0]?.bytes.equals(bytes.subarray(0, at))).toBe(true);
        expect(flows[0]?.ended).toBe(false);
        if (end < bytes.length) expect(flows[0]?.broken).toBe('gap');
      }),
      { numRuns: 1000 },
    );
  });
});
