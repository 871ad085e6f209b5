import type { CommandForm } from '../command-form.ts';

export const helpForm: CommandForm = {
  name: 'help',
  summary: 'This, or what one command takes.',
  words: '[command...]',
  options: [],
  examples: [
    ['kdev help', 'every command'],
    ['kdev help image build', 'one of them; so does kdev image build --help'],
  ],
};
