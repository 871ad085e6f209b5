import type { CommandForm } from '../command-form.ts';
import { clusterOptions, projectOptions, wordsFormatOption } from './option-forms.ts';

export const initForm: CommandForm = {
  name: 'init',
  summary: 'Finds the workload of a service and writes x-kdev.',
  words: '[service]',
  options: [
    { flags: '--target <target>', help: 'whose place it takes: deployment/NAME' },
    { flags: '--incoming <mode>', help: 'what comes in', choices: ['mirror', 'steal', 'off'] },
    { flags: '--image <image>', help: 'image of sidecar and agent' },
    { flags: '--no-schema', help: 'leaves out the line for editors' },
    { flags: '-y, --yes', help: 'writes without asking' },
    ...clusterOptions,
    wordsFormatOption,
    ...projectOptions,
  ],
  examples: [
    ['kdev init', 'finds service and workload, shows the lines, and asks'],
    ['kdev init orders --target deployment/orders --yes', 'for a script'],
  ],
};
