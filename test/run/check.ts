import { runChecks } from './checks.ts';

process.exitCode = (await runChecks()).every(({ failed }) => failed === 0) ? 0 : 1;
