import type { CommandForm } from '../command-form.ts';
import { wordsFormatOption } from './option-forms.ts';

export const versionForm: CommandForm = {
  name: 'version',
  summary: 'The versions of kdev, its protocol and its runtime.',
  options: [wordsFormatOption],
  examples: [
    ['kdev version', 'kdev --version prints the first of them only'],
    ['kdev version -o json', 'for programs'],
  ],
};
