import { expect, test } from 'vitest';
import { fuzzers } from './fuzzers.ts';
import { runFuzzer } from './run-fuzzer.ts';

/** The runtime's own tables and code grow a little. */
const GROWN_MAX_BYTES = 8 * 1024 * 1024;
/** Some 15 s each where nothing else runs. */
const DEADLINE_MS = 10 * 60_000;

test.each(Object.entries(fuzzers))(
  '%s: 100 000 inputs',
  { timeout: DEADLINE_MS },
  (_name, fuzz) => {
    const { grownBytes } = runFuzzer(fuzz, { seed: 1, inputs: 100_000 });
    expect(grownBytes).toBeLessThan(GROWN_MAX_BYTES);
  },
);
