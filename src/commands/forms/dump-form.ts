import { outsideSettings } from '../../config/flags.ts';
import type { CommandForm } from '../command-form.ts';
import { clusterOptions, projectOptions, settingOption } from './option-forms.ts';

export const dumpForm: CommandForm = {
  name: 'dump',
  summary: 'Prints what comes in to a target, without a service.',
  words: '<service|target>',
  options: [
    { flags: '--port <port>', help: 'a port of the target; may be given again', isRepeated: true },
    { flags: '--filter <filter>', help: 'HTTP requests to see: x-user=ada, or JSON' },
    {
      flags: '-o, --output <format>',
      help: 'how it is printed',
      choices: ['text', 'jsonl'],
      fallback: 'text',
    },
    ...clusterOptions,
    ...outsideSettings.filter(({ flag }) => flag === '--image').map(settingOption),
    ...projectOptions,
  ],
  notes: ['It shows what clients send. Answers are not seen: the copy is made of what arrives.'],
  examples: [
    ['kdev dump orders', 'requests to the target of the service orders'],
    ['kdev dump deployment/orders --port 8080 --filter x-user=ada', 'some of them, of any target'],
    ['kdev dump orders -o jsonl | jq .target', 'for programs: a line a request'],
  ],
};
