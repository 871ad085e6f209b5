import { runChecks } from './checks.ts';
import { TestRun } from './test-run.ts';

const run = new TestRun();
await run.within(async () => {
  run.add(...(await runChecks()));
  await run.ring('fuzz');
  await run.ring('tunnel');
  await run.ring('network');
  await run.ring('files');
  await run.ring('e2e');
});
run.finish();
