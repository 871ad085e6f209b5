import type { CommandForm } from '../command-form.ts';

export const statusFormats = ['words', 'wide', 'table', 'json', 'yaml'] as const;

export const statusForm: CommandForm = {
  name: 'status',
  summary: 'What is intercepted, in all of your projects here.',
  options: [
    { flags: '-w, --watch', help: 'again and again, until Ctrl-C' },
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: statusFormats,
      fallback: 'words',
    },
  ],
  examples: [
    ['kdev status --watch', 'the picture as it changes'],
    ['kdev status -o wide', 'with ways, images and what happened'],
  ],
};
