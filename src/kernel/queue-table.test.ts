import { expect, test } from 'vitest';
import { parseMessages } from './netlink.ts';
import { encodeQueueTable, nftQueue, xtQueue } from './queue-table.ts';

const OPTIONS = { name: 'kdev_hold', mark: 0x6b02, queue: 107 };

test('one transaction: begin, table with owner, chain, rule, end', () => {
  const messages = parseMessages(encodeQueueTable(OPTIONS, nftQueue(107), 3));
  expect(messages.map((one) => one.type)).toEqual([0x10, 0x0a00, 0x0a03, 0x0a06, 0x11]);
  // Only the rule asks for an answer: it comes when all of them are in force.
  expect(messages.map((one) => one.flags & 4)).toEqual([0, 0, 0, 4, 0]);
  expect(messages[0]?.body.toString('hex')).toBe('0000000a');
  const name = Buffer.from('kdev_hold\0\0\0').toString('hex');
  expect(messages[1]?.body.toString('hex')).toBe(
    `01000000${'0e000100'}${name}${'0800020000000002'}`,
  );
  // hook output (3) at priority -151
  expect(messages[2]?.body.toString('hex')).toContain('0800010000000003' + '08000200ffffff69');
});

test("nft's own expression: number, one queue, no bypass", () => {
  expect(nftQueue(107).toString('hex')).toContain('06000100006b0000' + '0600020000010000');
  expect(nftQueue(107).includes('queue\0')).toBe(true);
});

test('the target of x_tables: revision 3, struct xt_NFQ_info_v3 in the order of the machine', () => {
  const bytes = xtQueue(0x0102).toString('hex');
  expect(bytes).toContain(`${Buffer.from('NFQUEUE\0').toString('hex')}0800020000000003`);
  expect(bytes).toContain('0c000300' + '0201' + '0100' + '0000' + '0000');
});
