import { decodeMap, encodeMap } from './codec.ts';
import { violation } from './errno.ts';
import { LIMITS } from './limits.ts';

/** What a side says of itself in the first frame of the mux. */
export interface Hello {
  readonly protocol: number;
  readonly features: ReadonlySet<string>;
}

export function encodeHello(hello: Hello): Buffer {
  return encodeMap({ protocol: hello.protocol, features: [...hello.features] });
}

export function decodeHello(payload: Buffer): Hello {
  const { protocol, features } = decodeMap(payload);
  if (typeof protocol !== 'number' || !Number.isSafeInteger(protocol) || protocol < 0) {
    throw violation('the peer did not say which protocol it speaks');
  }
  const names: unknown[] = Array.isArray(features) ? features : [];
  const known = names.filter(
    (name): name is string => typeof name === 'string' && name.length <= LIMITS.featureBytes,
  );
  return { protocol, features: new Set(known.slice(0, LIMITS.features)) };
}
