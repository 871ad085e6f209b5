import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { DNS_HEADER_BYTES, readName } from '../../src/protocol/dns-message.ts';
import { errnoError } from '../../src/protocol/errno.ts';

/** Questions under way in one socket; the 16 bits of an id stay hard to guess. */
const PENDING_MAX = 256;
/** Questions asked through one socket before another port is taken. */
const QUESTIONS_MAX = 1000;

interface Pending {
  readonly query: Buffer;
  readonly settle: (error: Error | undefined, answer: Buffer) => void;
}

const NOTHING = Buffer.alloc(0);

/** A UDP socket connected to one nameserver, with several questions under way. An answer counts by its id and its question. */
export class UdpChannel {
  readonly #socket: dgram.Socket;
  readonly #address: string;
  readonly #pending = new Map<number, Pending>();
  readonly #bornMs = performance.now();
  readonly #connected: Promise<void>;
  #asked = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(address: string, port: number) {
    this.#address = address;
    this.#socket = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
    this.#socket.on('message', (answer) => this.#receive(answer));
    this.#socket.on('error', (error) => this.#failAll(error));
    this.#connected = new Promise((resolve, reject) => {
      // Its types do not say that the callback gets what connect() refused.
      const done = (...[error]: readonly unknown[]) => (error ? reject(error) : resolve());
      this.#socket.connect(port, address, done);
    });
    this.#connected.catch(() => undefined); // each question sees it
  }

  get ageMs(): number {
    return performance.now() - this.#bornMs;
  }

  get hasRoom(): boolean {
    return this.#pending.size < PENDING_MAX && this.#asked < QUESTIONS_MAX;
  }

  /** Sends the query under an id of its own and resolves with the answer, which carries that id. */
  async ask(query: Buffer, timeoutMs: number): Promise<Buffer> {
    const id = this.#freeId();
    const sent = Buffer.from(query);
    sent.writeUInt16BE(id, 0);
    this.#asked++;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(errnoError('ETIMEDOUT', `${this.#address}: no answer`), NOTHING);
      }, timeoutMs);
      const settle: Pending['settle'] = (error, answer) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        this.#closeWhenIdle();
        if (error) reject(error);
        else resolve(answer);
      };
      this.#pending.set(id, { query: sent, settle });
      this.#connected.then(() => this.#send(id, sent)).catch((error) => settle(error, NOTHING));
    });
  }

  /** Takes no new questions; closes when the last one is settled. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenIdle();
  }

  #send(id: number, query: Buffer): void {
    if (!this.#pending.has(id)) return;
    this.#socket.send(query, (error) => {
      if (error) this.#pending.get(id)?.settle(error, NOTHING);
    });
  }

  #receive(answer: Buffer): void {
    if (answer.length < DNS_HEADER_BYTES) return;
    const pending = this.#pending.get(answer.readUInt16BE(0));
    if (pending && answersQuestion(answer, pending.query)) pending.settle(undefined, answer);
  }

  /** The path refuses the nameserver (ICMP), or the socket could not be connected. */
  #failAll(error: Error): void {
    for (const { settle } of [...this.#pending.values()]) settle(error, NOTHING);
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(0x10000);
      if (!this.#pending.has(id)) return id;
    }
  }

  #closeWhenIdle(): void {
    if (!this.#isRetired || this.#isClosed || this.#pending.size > 0) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** Whether it is an answer with our own question in it; servers may change the case of letters. */
function answersQuestion(answer: Buffer, query: Buffer): boolean {
  const asked = readName(query, DNS_HEADER_BYTES);
  const told = readName(answer, DNS_HEADER_BYTES);
  if (asked === undefined || told === undefined || ((answer[2] ?? 0) & 0x80) === 0) return false;
  const kind = query.subarray(asked.end, asked.end + 4);
  const nameOf = (labels: readonly string[]) => labels.join('\0').toLowerCase();
  return (
    answer.subarray(told.end, told.end + 4).equals(kind) &&
    nameOf(told.labels) === nameOf(asked.labels)
  );
}
