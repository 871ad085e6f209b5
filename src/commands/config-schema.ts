import { jsonSchema } from '../config/schema.ts';
import { parseCommand } from './command-form.ts';
import { configSchemaForm } from './forms/config-form.ts';

/** `kdev config schema`: what x-kdev may hold, for editors. */
export function configSchema(args: readonly string[]): Promise<number> {
  if (parseCommand(configSchemaForm, args)) {
    process.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  }
  return Promise.resolve(0);
}
