import type { CommandForm } from '../command-form.ts';
import { wordsFormatOption } from './option-forms.ts';

export const statusForm: CommandForm = {
  name: 'status',
  summary: 'What is intercepted, in all of your projects here.',
  options: [{ flags: '-w, --watch', help: 'again and again, until Ctrl-C' }, wordsFormatOption],
  examples: [
    ['kdev status --watch', 'the picture as it changes'],
    ['kdev status -o wide', 'with ways, images and what happened'],
  ],
};
