import { TABLE } from '../network-plan.ts';

export interface Refused {
  /** Packets since the table was made. */
  readonly packets: number;
  /** `udp to [2001:db8::1]:443`, as of the last half minute. */
  readonly destinations: readonly string[];
}

/** What nft is asked for, in one listing: several from one context mix up its cache. */
export const LIST_REFUSED = `list table inet ${TABLE}`;

const TRANSPORTS: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };

/** Reads nft's text form of the counter and of elements like `192.0.2.1 . 17 . 443 timeout 30s expires 29s`. */
export function parseRefused(text: string): Refused {
  const packets = Number(/\bpackets (\d+)/.exec(text)?.[1] ?? 0);
  const elements = text.matchAll(/([0-9a-f.:]+) \. (6|17) \. (\d+)/g);
  const destinations = [...elements].map(
    ([, address = '', transport = '', port]) =>
      `${TRANSPORTS[transport]} to ${address.includes(':') ? `[${address}]` : address}:${port}`,
  );
  return { packets, destinations };
}

export interface WatchRefusedOptions {
  readonly list: () => Refused;
  /** One for each destination that was not refused a moment ago, and one for refused packets without a port. */
  readonly onRefused: (what: { readonly name: string; readonly text: string }) => void;
}

/** Compares with what was refused before; call it every second. Answers the packets so far. */
export function createRefusedWatch({ list, onRefused }: WatchRefusedOptions): () => number {
  let earlier: Refused = { packets: 0, destinations: [] };
  return () => {
    const now = list();
    const known = new Set(earlier.destinations);
    for (const destination of now.destinations) {
      if (known.has(destination)) continue;
      onRefused({ name: 'IPv6 is not carried yet', text: `refused ${destination}` });
    }
    if (now.packets > earlier.packets && now.destinations.length === 0) {
      onRefused({
        name: 'only TCP and UDP are carried',
        text: 'refused a packet without a port',
      });
    }
    earlier = now;
    return now.packets;
  };
}
