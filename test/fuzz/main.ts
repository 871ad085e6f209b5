import { parseArgs } from 'node:util';
import { fuzzers } from './fuzzers.ts';
import { runFuzzer } from './run-fuzzer.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(fuzzers);
for (const name of names) {
  const fuzz = fuzzers[name];
  if (fuzz === undefined) {
    throw new Error(`no fuzzer is called ${name}; there are ${Object.keys(fuzzers).join(', ')}`);
  }
  const { inputs, seconds, grownBytes } = runFuzzer(fuzz, {
    seed: Number(values.seed),
    inputs: Number(values.inputs),
  });
  const grown = (grownBytes / 1024 / 1024).toFixed(1);
  process.stdout.write(
    `${name}: ${inputs} inputs in ${seconds.toFixed(1)} s, none fails; the heap grew by ${grown} MiB\n`,
  );
}
