import type { CommandForm } from '../command-form.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

export const completionForm: CommandForm = {
  name: 'completion',
  summary: 'The shell completes kdev: commands, flags and live names.',
  words: '<shell>',
  options: [],
  examples: [
    ['source <(kdev completion bash)', 'in ~/.bashrc; zsh the same, in ~/.zshrc'],
    ['kdev completion fish > ~/.config/fish/completions/kdev.fish', 'for fish'],
  ],
};
