import { addressOf, assertLittleEndian, lastErrno, libc } from './libc.ts';

/** One read from the kernel: at most so many datagrams, each of any size that UDP knows. */
const SLOTS = 32;
const SLOT_BYTES = 65_536;
/** struct sockaddr_in6 is the longer of the two. */
const NAME_BYTES = 28;
/** Room for an original destination, a count of drops, or an error with its offender. */
const CONTROL_BYTES = 192;
/** struct mmsghdr, struct msghdr and struct iovec of 64-bit machines; musl's msghdr differs in padding only. */
const MESSAGE_BYTES = 64;
const NAME_LENGTH_AT = 8;
const IOV_AT = 16;
const IOV_COUNT_AT = 24;
const CONTROL_AT = 32;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;
const LENGTH_AT = 56;
const IOV_BYTES = 16;

/** What recvmsg() said of one datagram. Each part is valid until the next read. */
export interface ReceivedMessage {
  /** The peer's struct sockaddr. */
  readonly name: Buffer;
  readonly payload: Buffer;
  /** struct cmsghdr and data, as they lie behind each other. */
  readonly control: Buffer;
  /** MSG_TRUNC, MSG_ERRQUEUE and so on. */
  readonly flags: number;
}

export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Buffer;
}

/**
 * Memory into which sockets are read, many datagrams a call. Sockets of one thread share it, for a read is used up before the next
 * begins.
 */
export class MessageBatch {
  readonly #payloads = Buffer.alloc(SLOTS * SLOT_BYTES);
  readonly #names = Buffer.alloc(SLOTS * NAME_BYTES);
  readonly #controls = Buffer.alloc(SLOTS * CONTROL_BYTES);
  readonly #iovs = Buffer.alloc(SLOTS * IOV_BYTES);
  readonly #headers = Buffer.alloc(SLOTS * MESSAGE_BYTES);

  constructor() {
    assertLittleEndian();
    const [payloads, names] = [addressOf(this.#payloads), addressOf(this.#names)];
    const [controls, iovs] = [addressOf(this.#controls), addressOf(this.#iovs)];
    for (let slot = 0; slot < SLOTS; slot++) {
      const iov = slot * IOV_BYTES;
      this.#iovs.writeBigUInt64LE(payloads + BigInt(slot * SLOT_BYTES), iov);
      this.#iovs.writeBigUInt64LE(BigInt(SLOT_BYTES), iov + 8);
      const header = slot * MESSAGE_BYTES;
      this.#headers.writeBigUInt64LE(names + BigInt(slot * NAME_BYTES), header);
      this.#headers.writeBigUInt64LE(iovs + BigInt(iov), header + IOV_AT);
      this.#headers.writeBigUInt64LE(1n, header + IOV_COUNT_AT);
      this.#headers.writeBigUInt64LE(controls + BigInt(slot * CONTROL_BYTES), header + CONTROL_AT);
    }
  }

  /** Reads what is there, up to 32 datagrams; a negative errno where it fails. */
  receive(fd: number, flags = 0): number {
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = slot * MESSAGE_BYTES;
      this.#headers.writeUInt32LE(NAME_BYTES, header + NAME_LENGTH_AT);
      this.#headers.writeUInt32LE(CONTROL_BYTES, header + CONTROL_LENGTH_AT);
    }
    const count = libc.recvmmsg(fd, this.#headers, SLOTS, flags, null);
    return count < 0 ? -lastErrno() : count;
  }

  /** The `slot`th of the last read. */
  message(slot: number): ReceivedMessage {
    const header = slot * MESSAGE_BYTES;
    const start = slot * SLOT_BYTES;
    const length = Math.min(this.#headers.readUInt32LE(header + LENGTH_AT), SLOT_BYTES);
    const controlStart = slot * CONTROL_BYTES;
    const controlLength = this.#headers.readUInt32LE(header + CONTROL_LENGTH_AT);
    return {
      name: this.#names.subarray(slot * NAME_BYTES, (slot + 1) * NAME_BYTES),
      payload: this.#payloads.subarray(start, start + length),
      control: this.#controls.subarray(
        controlStart,
        controlStart + Math.min(controlLength, CONTROL_BYTES),
      ),
      flags: this.#headers.readUInt32LE(header + FLAGS_AT),
    };
  }
}

const NOTHING = Buffer.alloc(0);

interface ControlledMessage {
  readonly payload: Buffer;
  /** struct sockaddr */
  readonly to: Buffer;
  readonly control: Buffer;
}

/** sendmsg() of one datagram with one control message. */
export class ControlledSender {
  readonly #iov = Buffer.alloc(IOV_BYTES);
  readonly #header = Buffer.alloc(MESSAGE_BYTES);
  /** The header holds bare addresses: until the next one this keeps what they lead to from the collector. */
  #message: ControlledMessage = { payload: NOTHING, to: NOTHING, control: NOTHING };

  /** 0, or the errno. */
  send(
    fd: number,
    o: Omit<ControlledMessage, 'control'> & { readonly control: ControlMessage },
  ): number {
    this.#message = { ...o, control: encodeControl(o.control) };
    const { payload, to, control } = this.#message;
    const [iov, header] = [this.#iov, this.#header];
    iov.writeBigUInt64LE(payload.length > 0 ? addressOf(payload) : 0n, 0);
    iov.writeBigUInt64LE(BigInt(payload.length), 8);
    header.writeBigUInt64LE(addressOf(to), 0);
    header.writeUInt32LE(to.length, NAME_LENGTH_AT);
    header.writeBigUInt64LE(addressOf(iov), IOV_AT);
    header.writeBigUInt64LE(1n, IOV_COUNT_AT);
    header.writeBigUInt64LE(addressOf(control), CONTROL_AT);
    header.writeBigUInt64LE(BigInt(control.length), CONTROL_LENGTH_AT);
    return libc.sendmsg(fd, header, 0) < 0 ? lastErrno() : 0;
  }
}

export function encodeControl({ level, type, data }: ControlMessage): Buffer {
  const control = Buffer.alloc(16 + ((data.length + 7) & ~7));
  control.writeBigUInt64LE(BigInt(16 + data.length), 0);
  control.writeInt32LE(level, 8);
  control.writeInt32LE(type, 12);
  data.copy(control, 16);
  return control;
}

/** CMSG_FIRSTHDR and CMSG_NXTHDR; a length that does not fit ends it. */
export function parseControl(control: Buffer): ControlMessage[] {
  const messages: ControlMessage[] = [];
  for (let at = 0; at + 16 <= control.length; ) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < 16 || at + length > control.length) break;
    messages.push({
      level: control.readInt32LE(at + 8),
      type: control.readInt32LE(at + 12),
      data: control.subarray(at + 16, at + length),
    });
    at += (length + 7) & ~7;
  }
  return messages;
}
