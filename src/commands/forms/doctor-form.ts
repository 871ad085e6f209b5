import type { CommandForm } from '../command-form.ts';
import { clusterOptions, projectOptions } from './option-forms.ts';

export const doctorFormats = ['text', 'table', 'wide', 'json', 'yaml'] as const;

export const doctorForm: CommandForm = {
  name: 'doctor',
  summary: 'Checks machine, cluster, project; each fault with its fix.',
  options: [
    ...clusterOptions,
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: doctorFormats,
      fallback: 'text',
    },
    ...projectOptions,
  ],
  examples: [
    ['kdev doctor', 'in the folder of the project'],
    ['kdev doctor --context kind-dev -n shop', 'of another cluster'],
  ],
};
