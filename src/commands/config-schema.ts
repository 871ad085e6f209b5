import { jsonSchema } from '../config/schema.ts';
import { kdevError } from '../errors/kdev-error.ts';

/** `kdev config schema`: what x-kdev may hold, for editors. */
export function config(args: readonly string[]): Promise<number> {
  if (args[0] !== 'schema' || args.length > 1) {
    throw kdevError('COMMAND_LINE', {
      fact: `kdev config ${args.join(' ')} is no command`,
      hints: [
        { who: 'you', text: 'prints the JSON schema of x-kdev', command: 'kdev config schema' },
        { who: 'you', text: 'prints the rendered project', command: 'kdev compose config' },
      ],
    });
  }
  process.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  return Promise.resolve(0);
}
