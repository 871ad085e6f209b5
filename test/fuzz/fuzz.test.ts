import { expect, test } from 'vitest';
import { fuzzers } from './fuzzers.ts';
import { runFuzzer } from './run-fuzzer.ts';

/** The heap is measured without a collection before it: what is garbage counts too. */
const GARBAGE_BYTES = 64 * 1024 * 1024;

test.each(Object.entries(fuzzers))('%s: 100 000 inputs', (_name, fuzz) => {
  const { grownBytes } = runFuzzer(fuzz, { seed: 1, inputs: 100_000 });
  expect(grownBytes).toBeLessThan(GARBAGE_BYTES);
});
