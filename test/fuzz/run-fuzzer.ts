import v8 from 'node:v8';
import vm from 'node:vm';
import { Random } from './random.ts';

export interface FuzzRun {
  readonly inputs: number;
  readonly seconds: number;
  /** What the heap holds more than near the beginning. */
  readonly grownBytes: number;
}

/** As many inputs as it takes until everything that is kept is there. */
const WARM_INPUTS = 2_000;

/** Each input has a seed of its own, the first one the given: that which fails is named, and can be run alone. */
export function runFuzzer(
  fuzz: (random: Random) => void,
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): FuzzRun {
  const startedMs = performance.now();
  let warmBytes = 0;
  for (let index = 0; index < inputs; index++) {
    if (index === WARM_INPUTS) warmBytes = heapBytes();
    try {
      fuzz(new Random(seed + index));
    } catch (cause) {
      throw new Error(`the input of seed ${seed + index} fails: ${String(cause)}`, { cause });
    }
  }
  const grownBytes = inputs > WARM_INPUTS ? heapBytes() - warmBytes : 0;
  return { inputs, seconds: (performance.now() - startedMs) / 1000, grownBytes };
}

/** Of what is still held: garbage is collected before. */
function heapBytes(): number {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
