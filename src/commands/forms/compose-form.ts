import type { CommandForm } from '../command-form.ts';
import { settingOptions } from './option-forms.ts';

/** For the list of commands and completion; Compose itself judges its words. */
export const composeForm: CommandForm = {
  name: 'compose',
  summary: "docker compose; services with x-kdev take a pod's place.",
  words: '[command]',
  options: [
    ...settingOptions,
    { flags: '--fail-fast', help: 'up: the first service that fails ends them all' },
  ],
  examples: [
    ['kdev compose up -d', 'brings the project up'],
    ['kdev compose down', 'takes everything of it away, here and in the cluster'],
  ],
};
