import type { CommandForm } from '../command-form.ts';
import { projectOptions } from './option-forms.ts';

export const envFormats = ['table', 'wide', 'json', 'yaml', 'dotenv', 'shell'] as const;

export const envForm: CommandForm = {
  name: 'env',
  summary: "A service's variables, and where each comes from.",
  words: '<service>',
  options: [
    { flags: '--reveal', help: 'shows the values' },
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: envFormats,
      fallback: 'table',
    },
    ...projectOptions,
  ],
  examples: [
    ['kdev env orders', 'names and sources'],
    ['kdev env orders -o dotenv --reveal > .env', 'for a program outside of Compose'],
  ],
};
