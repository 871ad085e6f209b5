import { decodeMap, encodeMap } from '../protocol/codec.ts';
import { errnoError, errnoNumber, violation } from '../protocol/errno.ts';
import { encodeFrame, encodeRst, FRAME } from '../protocol/frames.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { StreamInfo } from '../protocol/messages.ts';
import { checkStreamInfo } from '../protocol/shapes.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DatagramQueue } from './datagrams.ts';
import type { Link } from './link.ts';
import type { Outbox, Priority } from './outbox.ts';
import { ReceiveWindow, WindowBudget } from './receive-window.ts';
import { MuxStream, type StreamHost } from './stream.ts';

export interface StreamsSettings {
  readonly side: 'caller' | 'agent';
  readonly clock: Clock;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly datagrams: DatagramQueue;
  /** Streams open at once, by side of the opener. */
  readonly most: number;
  readonly windowBytes: number;
  readonly windowBudgetBytes: number;
  /** The peer opened a stream. */
  offer(stream: MuxStream): void;
}

const lastId = 0xffff_ffff;
const priorities: readonly Priority[] = ['bulk', 'mirror'];

/**
 * The streams of one mux by id. The caller's are odd, the agent's even, each counted up by its opener; after the last id the
 * count begins anew with those that are free. Frames for an id that is not open are late ones of a stream that was reset,
 * and are ignored.
 */
export class Streams {
  readonly #settings: StreamsSettings;
  readonly #host: StreamHost;
  readonly #open = new Map<number, MuxStream>();
  readonly #budget: WindowBudget;
  readonly #ownParity: number;
  #nextId: number;
  #ownOpen = 0;
  #mirroredBytes = 0;

  constructor(settings: StreamsSettings) {
    this.#settings = settings;
    this.#ownParity = settings.side === 'caller' ? 1 : 0;
    this.#nextId = settings.side === 'caller' ? 1 : 2;
    this.#budget = new WindowBudget(settings.windowBudgetBytes);
    this.#host = this.#makeHost();
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): MuxStream | undefined {
    return this.#open.get(id);
  }

  open(info: StreamInfo, priority: Priority): MuxStream {
    if (this.#ownOpen >= this.#settings.most) {
      throw errnoError('EAGAIN', `${this.#settings.most} streams are open`);
    }
    const id = this.#takeId();
    const map = encodeMap(info);
    const payload = Buffer.allocUnsafe(1 + map.length);
    payload[0] = priorities.indexOf(priority);
    payload.set(map, 1);
    if (payload.length > LIMITS.openBytes) {
      throw errnoError('EMSGSIZE', 'what an OPEN says does not fit its limit');
    }
    this.#settings.outbox.control(encodeFrame(FRAME.open, id, payload));
    return this.#add(id, info, priority, true);
  }

  receiveOpen(id: number, payload: Buffer): void {
    if (id === 0 || id % 2 === this.#ownParity || this.#open.has(id)) {
      throw violation(`OPEN of the stream id ${id}`);
    }
    if (this.#open.size - this.#ownOpen >= this.#settings.most) {
      this.#refuse(id, 'EAGAIN');
      return;
    }
    const info = checkStreamInfo(decodeMap(payload.subarray(1)));
    const priority = priorities[payload[0] ?? 0];
    // A newer peer may open what this side does not know: its refusal is the stream's, not the mux's.
    if (info === undefined || priority === undefined) this.#refuse(id, 'EPROTONOSUPPORT');
    else this.#settings.offer(this.#add(id, info, priority, false));
  }

  /** Ends every stream without a word to the peer. */
  end(error: Error): void {
    for (const stream of [...this.#open.values()]) stream.cut(error);
  }

  #add(id: number, info: StreamInfo, priority: Priority, opened: boolean): MuxStream {
    const stream = new MuxStream(this.#host, { id, info, priority, opened });
    this.#open.set(id, stream);
    if (opened) this.#ownOpen += 1;
    return stream;
  }

  #refuse(id: number, code: string): void {
    this.#settings.outbox.control(encodeRst(id, errnoNumber(code)));
  }

  #takeId(): number {
    while (this.#open.has(this.#nextId)) this.#advance();
    const id = this.#nextId;
    this.#advance();
    return id;
  }

  #advance(): void {
    const next = this.#nextId + 2;
    this.#nextId = next > lastId ? 2 - this.#ownParity : next;
  }

  #makeHost(): StreamHost {
    const { outbox, datagrams, clock, link, windowBytes } = this.#settings;
    return {
      sendControl: (frame) => outbox.control(frame),
      sendDatagram: (id, payload) => {
        const dropped = datagrams.push(id, payload);
        outbox.schedule();
        return dropped;
      },
      activate: (source) => outbox.activate(source),
      afterFlush: (act) => outbox.afterFlush(act),
      queueMirrored: (bytes) => {
        this.#mirroredBytes += bytes;
        return this.#mirroredBytes <= LIMITS.mirrorQueueBytes;
      },
      openWindow: () => new ReceiveWindow(this.#budget, windowBytes, clock.monotonicMs()),
      nowMs: () => clock.monotonicMs(),
      rttMs: () => link.rttMs,
      forget: (id) => {
        if (this.#open.delete(id) && id % 2 === this.#ownParity) this.#ownOpen -= 1;
      },
    };
  }
}
