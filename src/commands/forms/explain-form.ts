import type { CommandForm } from '../command-form.ts';
import { projectOptions, wordsFormatOption } from './option-forms.ts';

export const explainForm: CommandForm = {
  name: 'explain',
  summary: 'Where a connection, a name or a path goes, and why.',
  words: '<service> <what>',
  options: [wordsFormatOption, ...projectOptions],
  examples: [
    ['kdev explain orders postgres:5432', 'NAME[:PORT] or ADDRESS[:PORT]: it is tried'],
    ['kdev explain orders udp://stun:3478', 'the same of UDP: nothing is sent there'],
    ['kdev explain orders /etc/app', 'a path in the service'],
  ],
};
