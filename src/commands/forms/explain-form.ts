import type { CommandForm } from '../command-form.ts';
import { projectOptions } from './option-forms.ts';

export const explainFormats = ['text', 'table', 'wide', 'json', 'yaml'] as const;

export const explainForm: CommandForm = {
  name: 'explain',
  summary: 'Where a connection, a name or a path goes, and why.',
  words: '<service> <what>',
  options: [
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: explainFormats,
      fallback: 'text',
    },
    ...projectOptions,
  ],
  examples: [
    ['kdev explain orders postgres:5432', 'NAME[:PORT] or ADDRESS[:PORT]: it is tried'],
    ['kdev explain orders /etc/app', 'a path in the service'],
  ],
};
