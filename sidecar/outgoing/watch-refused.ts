import { TABLE } from '../network-plan.ts';

/** What nft is asked for, in one listing: several from one context mix up its cache. */
export const LIST_REFUSED = `list counter inet ${TABLE} refused`;

/** Packets since the table was made, of nft's text form of the counter. */
export function parseRefused(text: string): number {
  return Number(/\bpackets (\d+)/.exec(text)?.[1] ?? 0);
}

/** Tells of packets that were refused since it was called last; call it every second. Answers the packets so far. */
export function createRefusedWatch(count: () => number, onRefused: () => void): () => number {
  let earlier = 0;
  return () => {
    const now = count();
    if (now > earlier) onRefused();
    earlier = now;
    return now;
  };
}
