import type { CommandForm } from '../command-form.ts';
import { projectOptions, wordsFormatOption } from './option-forms.ts';

export const gatherLogsForm: CommandForm = {
  name: 'gather-logs',
  summary: 'One archive for a bug report; secrets are taken out.',
  words: '[file]',
  options: [
    { flags: '--list', help: 'tells what would go in, and writes nothing' },
    wordsFormatOption,
    ...projectOptions,
  ],
  examples: [
    ['kdev gather-logs', 'into kdev-logs-PROJECT-TIME.tar.gz'],
    ['kdev gather-logs --list', 'what would be in it'],
  ],
};
