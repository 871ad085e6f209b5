import { TestRun } from './test-run.ts';

const filter = process.argv.slice(2).join(' ');

const run = new TestRun();
await run.within(() => run.ring('e2e', filter === '' ? {} : { filter }));
run.finish();
