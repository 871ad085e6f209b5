/** linux/if_packet.h: offsets in struct tpacket_block_desc and struct tpacket3_hdr. */
const BLOCK_HEADER_BYTES = 48;
const PACKETS_AT = 12;
const FIRST_AT = 16;
const NEXT_AT = 0;
const CAPTURED_AT = 12;
const NETWORK_AT = 26;
const PACKET_HEADER_BYTES = 48;

/**
 * Hands over the packets of one block of a TPACKET_V3 ring, each from its IP header on. Numbers that point outside of the block end it:
 * the kernel writes none, and none is trusted with this process's memory.
 */
export function readBlock(block: Buffer, onPacket: (packet: Buffer) => void): void {
  const packets = block.readUInt32LE(PACKETS_AT);
  let at = block.readUInt32LE(FIRST_AT);
  for (let read = 0; read < packets; read++) {
    if (at < BLOCK_HEADER_BYTES || at + PACKET_HEADER_BYTES > block.length) return;
    const start = at + block.readUInt16LE(at + NETWORK_AT);
    const end = start + block.readUInt32LE(at + CAPTURED_AT);
    if (end > block.length) return;
    onPacket(block.subarray(start, end));
    const next = block.readUInt32LE(at + NEXT_AT);
    if (next === 0) return;
    at += next;
  }
}
