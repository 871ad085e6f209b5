import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addSchemaLine } from '../compose/add-x-kdev.ts';
import { jsonSchema } from '../config/schema.ts';
import type { FileChange } from './file-changes.ts';

/**
 * From the compose file, so that the line holds for everybody who clones the project, offline as well: an absolute path
 * would be one person's, and an editor expands neither ~ nor a variable.
 */
const place = '.kdev/compose.schema.json';

/** The change with a line that names the schema, and the schema beside the compose file; the line is left as it is where one is there. */
export function withSchema(change: FileChange): readonly FileChange[] {
  const after = addSchemaLine(change.after, place);
  if (!after.includes(`$schema=${place}`)) return [change];
  const path = join(dirname(change.path), place);
  const schema = {
    path,
    before: existsSync(path) ? readFileSync(path, 'utf8') : '',
    after: schemaText(),
    words: 'what x-kdev may hold, for editors',
  };
  return [{ ...change, after }, schema];
}

export function schemaText(): string {
  return `${JSON.stringify(jsonSchema(), undefined, 2)}\n`;
}
