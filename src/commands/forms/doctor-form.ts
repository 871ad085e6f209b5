import type { CommandForm } from '../command-form.ts';
import { clusterOptions, projectOptions, wordsFormatOption } from './option-forms.ts';

export const doctorForm: CommandForm = {
  name: 'doctor',
  summary: 'Checks machine, cluster, project; each fault with its fix.',
  options: [...clusterOptions, wordsFormatOption, ...projectOptions],
  examples: [
    ['kdev doctor', 'in the folder of the project'],
    ['kdev doctor --context kind-dev -n shop', 'of another cluster'],
  ],
};
