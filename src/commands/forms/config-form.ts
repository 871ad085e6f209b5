import type { CommandForm } from '../command-form.ts';

export const configSchemaForm: CommandForm = {
  name: 'config schema',
  summary: 'The JSON schema of x-kdev, for editors.',
  options: [],
  examples: [
    ['kdev config schema > kdev.schema.json', 'for the compose file'],
    ['kdev config schema | jq .properties', 'to look into'],
  ],
};

export const configForm: CommandForm = {
  name: 'config',
  summary: 'Settings and where they come from; the schema of x-kdev.',
  options: [],
  commands: [configSchemaForm],
  examples: [
    ['kdev config schema > kdev.schema.json', 'completes x-kdev in an editor'],
    ['kdev compose config', 'another command: the rendered project'],
  ],
};
