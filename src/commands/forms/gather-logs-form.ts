import type { CommandForm } from '../command-form.ts';
import { formatOption, projectOptions } from './option-forms.ts';

export const gatherLogsForm: CommandForm = {
  name: 'gather-logs',
  summary: 'One archive for a bug report; secrets are taken out.',
  words: '[file]',
  options: [
    { flags: '--list', help: 'tells what would go in, and writes nothing' },
    formatOption,
    ...projectOptions,
  ],
  examples: [
    ['kdev gather-logs', 'into kdev-logs-PROJECT-TIME.tar.gz'],
    ['kdev gather-logs --list', 'what would be in it'],
  ],
};
