/** One classic BPF instruction, struct sock_filter (linux/filter.h). `yes` and `no` skip as many instructions. */
interface Instruction {
  readonly code: number;
  readonly yes?: number;
  readonly no?: number;
  readonly k: number;
}

/** linux/bpf_common.h, spelled as the assembler does. */
const LDW_ABS = 0x20;
const LDB_ABS = 0x30;
const LDH_ABS = 0x28;
const LDH_IND = 0x48;
const LDX_IP_HEADER = 0xb1;
const AND = 0x54;
const JMP = 0x05;
const JEQ = 0x15;
const JSET = 0x45;
const RET = 0x06;
/** SKF_AD_OFF + SKF_AD_PKTTYPE: how the packet met this machine. */
const PACKET_TYPE = 0xfffff000 + 4;
const PACKET_HOST = 0;
/** SKF_AD_OFF + SKF_AD_MARK */
const PACKET_MARK = 0xfffff000 + 20;
const WHOLE = 0xffffffff;
const INSTRUCTION_BYTES = 8;
const TCP = 6;
const UDP = 17;
/** SKF_NET_OFF: offsets from here on count from the IP header, wherever that is. */
const NETWORK_HEADER = 0xfff00000;

/** Jumps are counted in a byte: more ports than this need another program. */
export const MAX_FILTER_PORTS = 200;

/** Packets whose mark, masked, is this value. */
export interface MarkedPackets {
  readonly mask: number;
  readonly value: number;
}

const NO_MARK: MarkedPackets = { mask: 0, value: 1 };

/**
 * A program for packets that start at their IP header (SOCK_DGRAM): lets whole packets pass that came in for this machine and hold TCP
 * to one of the ports. Outgoing copies fall here: on `lo` each packet is seen leaving and arriving. So do later fragments, and TCP
 * behind IPv6 extension headers, and packets that are marked as to be left out.
 */
export function encodePortFilter(ports: readonly number[], leaveOut = NO_MARK): Buffer {
  return encodeFilter({ ports, leaveOut, protocol: TCP, start: 0 });
}

/** The same of UDP, for packets that have a link header before that of IP (SOCK_RAW). First fragments pass. */
export function encodeUdpPortFilter(ports: readonly number[]): Buffer {
  return encodeFilter({ ports, leaveOut: NO_MARK, protocol: UDP, start: NETWORK_HEADER });
}

interface FilterPlan {
  readonly ports: readonly number[];
  readonly leaveOut: MarkedPackets;
  readonly protocol: number;
  /** Where the IP header begins. */
  readonly start: number;
}

function encodeFilter(plan: FilterPlan): Buffer {
  const { length } = plan.ports;
  if (length > MAX_FILTER_PORTS) {
    throw new Error(`at most ${MAX_FILTER_PORTS} ports can be watched, not ${length}`);
  }
  return encode(portFilter(plan));
}

/*
 *   0  type, mark, version           the last but one instruction drops, the last accepts
 *   9  IPv4: protocol, fragment, port into A, on to 19
 *  16  IPv6: protocol, port into A
 *  19  one comparison a port
 */
function portFilter({ ports, leaveOut, protocol, start }: FilterPlan): Instruction[] {
  const compare = 19;
  const accept = compare + ports.length + 1;
  const drop = accept - 1;
  const program: Instruction[] = [];
  const to = (target: number): number => target - program.length - 1;
  const put = (code: number, k: number): number => program.push({ code, k });
  const test = (code: number, k: number, yes: number, no: number): number =>
    program.push({ code, k, yes: to(yes), no: to(no) });
  put(LDB_ABS, PACKET_TYPE);
  test(JEQ, PACKET_HOST, 2, drop);
  put(LDW_ABS, PACKET_MARK);
  put(AND, leaveOut.mask);
  test(JEQ, leaveOut.value, drop, 5);
  put(LDB_ABS, start);
  put(AND, 0xf0);
  test(JEQ, 0x40, 9, 8);
  test(JEQ, 0x60, 16, drop);
  put(LDB_ABS, start + 9);
  test(JEQ, protocol, 11, drop);
  put(LDH_ABS, start + 6);
  test(JSET, 0x1fff, drop, 13);
  put(LDX_IP_HEADER, start);
  put(LDH_IND, start + 2);
  put(JMP, to(compare));
  put(LDB_ABS, start + 6);
  test(JEQ, protocol, 18, drop);
  put(LDH_ABS, start + 42);
  for (const port of ports) test(JEQ, port, accept, program.length + 1);
  put(RET, 0);
  put(RET, WHOLE);
  return program;
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  program.forEach((instruction, at) => {
    bytes.writeUInt16LE(instruction.code, at * INSTRUCTION_BYTES);
    bytes.writeUInt8(instruction.yes ?? 0, at * INSTRUCTION_BYTES + 2);
    bytes.writeUInt8(instruction.no ?? 0, at * INSTRUCTION_BYTES + 3);
    bytes.writeUInt32LE(instruction.k >>> 0, at * INSTRUCTION_BYTES + 4);
  });
  return bytes;
}
