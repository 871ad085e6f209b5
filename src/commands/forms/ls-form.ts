import type { CommandForm } from '../command-form.ts';
import { clusterOptions, formatOption, projectOptions } from './option-forms.ts';

export const lsForm: CommandForm = {
  name: 'ls',
  summary: 'What a service can stand for, and who holds it.',
  options: [...clusterOptions, formatOption, ...projectOptions],
  examples: [
    ['kdev ls', 'the targets of the namespace'],
    ['kdev ls -n shop -o wide', 'with the pods of deployments, and the agents'],
  ],
};
