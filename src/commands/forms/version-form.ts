import type { CommandForm } from '../command-form.ts';

export const versionFormats = ['text', 'table', 'wide', 'json', 'yaml'] as const;

export const versionForm: CommandForm = {
  name: 'version',
  summary: 'The versions of kdev, its protocol and its runtime.',
  options: [
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: versionFormats,
      fallback: 'text',
    },
  ],
  examples: [
    ['kdev version', 'kdev --version prints the first of them only'],
    ['kdev version -o json', 'for programs'],
  ],
};
