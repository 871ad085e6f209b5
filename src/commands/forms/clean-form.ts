import type { CommandForm } from '../command-form.ts';
import { clusterOptions, wordsFormatOption } from './option-forms.ts';

export const cleanForm: CommandForm = {
  name: 'clean',
  summary: 'Removes what dead sessions left, here and in the cluster.',
  options: [...clusterOptions, wordsFormatOption],
  examples: [
    ['kdev clean', 'nothing of a session that lives is touched'],
    ['kdev clean --context kind-dev -n shop', 'in another cluster too'],
  ],
};
