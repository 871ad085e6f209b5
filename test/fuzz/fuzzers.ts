import { http1 } from './http1.ts';
import type { Random } from './random.ts';

/** Makes one input, gives it to a parser, and throws where the parser breaks one of its promises. */
export type Fuzzer = (random: Random) => void;

/** By the name that `npm run fuzz` takes. */
export const fuzzers: Readonly<Record<string, Fuzzer>> = { http1 };
