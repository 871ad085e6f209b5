import type { CommandForm } from '../command-form.ts';
import { formatOption, projectOptions, settingOptions } from './option-forms.ts';

export const configSchemaForm: CommandForm = {
  name: 'config schema',
  summary: 'The JSON schema of x-kdev, for editors.',
  options: [],
  examples: [
    ['kdev config schema > kdev.schema.json', 'for the compose file'],
    ['kdev config schema | jq .properties', 'to look into'],
  ],
};

export const configViewForm: CommandForm = {
  name: 'config view',
  summary: 'Every setting and its value; with --origin, where it came from.',
  words: '[service]',
  options: [
    { flags: '--origin', help: 'flag, variable, file and line, or default' },
    formatOption,
    ...settingOptions,
    ...projectOptions,
  ],
  examples: [
    ['kdev config view --origin', 'of the project, or without one your own'],
    ['kdev config view orders --namespace shop', 'what a flag would change'],
  ],
};

export const configForm: CommandForm = {
  name: 'config',
  summary: 'Settings and where they come from; the schema of x-kdev.',
  options: [],
  commands: [configViewForm, configSchemaForm],
  examples: [
    ['kdev config schema > kdev.schema.json', 'completes x-kdev in an editor'],
    ['kdev config view --origin', 'what holds, and why'],
  ],
};
