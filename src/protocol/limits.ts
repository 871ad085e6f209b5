/**
 * Every bound on what a peer of the tunnel can say or make us keep, in one place. SPEC.md repeats those on which both
 * sides must agree; a test exceeds each of them.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  /** Payload of one DATA frame, which is also the unit of fairness between streams. */
  dataFrameBytes: 64 * KiB,
  /** Payload of OPEN. */
  openBytes: 4 * KiB,
  /** Payload of HELLO. */
  helloBytes: 4 * KiB,
  /** Payload of a datagram. */
  datagramBytes: 65_535,
  /** Payload of CALL and REPLY: name, map and tail together. */
  callBytes: 4 * MiB,
  /** The map of a CALL or REPLY. */
  bodyBytes: 2 * MiB,
  /** Name of a method. */
  methodBytes: 64,
  /** Text of ERROR, GOAWAY and the link's ABORT. */
  textBytes: 1 * KiB,
  /** Payload of a frame or record of a type that a peer may skip. */
  skippedBytes: 64 * KiB,

  /** What either side may send on a new stream before any WINDOW. */
  initialWindowBytes: 256 * KiB,
  /** Credit that a stream may hold at any time. */
  windowBytes: 16 * MiB,
  /** Streams open at once, by side of the opener. */
  streams: 16_384,
  /** Calls under way at once, by side of the caller. */
  calls: 1_024,
  /** Features that a HELLO lists, and the length of one. */
  features: 64,
  featureBytes: 64,

  /** Control frames that wait for a peer which does not read: the largest small answer to as many calls as there may be. */
  controlQueueBytes: 16 * MiB,
  /** Large answers that wait for their turn. */
  answerQueueBytes: 64 * MiB,
  /** Datagrams that wait; the oldest are dropped. */
  datagramQueueBytes: 1 * MiB,
  /** Bytes of one mirrored stream that wait beyond its credit, and of all mirrored streams together. */
  mirrorBeyondCreditBytes: 16 * MiB,
  mirrorQueueBytes: 32 * MiB,

  /** Links that one acceptor knows at once, and closed ones that it remembers. */
  links: 16,
  closedLinks: 64,

  /** A filter of incoming requests: its conditions, `any` and `all` inside each other, characters of one text. */
  filterConditions: 64,
  filterDepth: 8,
  filterPatternCharacters: 1024,
  /** Of one regular expression, repetitions written out. */
  filterRegexpSteps: 256,

  /** Items of a list, characters of a text in the maps of calls. */
  listItems: 65_536,
  textCharacters: 64 * KiB,
} as const;
