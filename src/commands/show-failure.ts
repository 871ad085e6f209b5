import type { KdevError } from '../errors/kdev-error.ts';

/** Prints an error as docs/errors.md explains it; returns the exit code. */
export function showFailure(error: KdevError): number {
  process.stderr.write(`${failureText(error)}\n`);
  if (process.env['KDEV_DEBUG']) process.stderr.write(`\n${error.stack}\n${error.cause ?? ''}\n`);
  return error.exitCode;
}

export function failureText({ code, fact, evidence, hints }: KdevError): string {
  const said = evidence ? evidence.split('\n').map((line) => `  ${line}`) : [];
  const who = { you: 'you can', admin: 'an admin', kdev: 'kdev' };
  const can = hints.map(
    ({ who: actor, text, command }) =>
      `  ${who[actor].padEnd(10)} ${command ? `${command}     ${text}` : text}`,
  );
  return [`error[${code}] ${fact}`, ...said, '', ...can].join('\n');
}
