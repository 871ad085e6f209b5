import type { CommandForm } from '../command-form.ts';

export const stopForm: CommandForm = {
  name: 'stop',
  summary: 'Ends a container of kdev run; its target serves again.',
  words: '[run]',
  options: [],
  examples: [
    ['kdev stop orders', 'nothing of it stays, here and in the cluster'],
    ['kdev stop', 'where only one runs'],
  ],
};
