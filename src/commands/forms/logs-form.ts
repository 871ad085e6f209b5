import type { CommandForm } from '../command-form.ts';
import { longProjectOptions } from './option-forms.ts';

export const logsForm: CommandForm = {
  name: 'logs',
  summary: "What kdev's own parts logged; without a flag, all of them.",
  words: '[service]',
  options: [
    { flags: '--sidecar', help: 'beside the service, on this machine' },
    { flags: '--agent', help: 'beside the pod, in the cluster' },
    { flags: '--session', help: 'the process that connects the two' },
    { flags: '-f, --follow', help: 'goes on as they log more' },
    { flags: '-n, --tail <lines>', help: 'of each log the last lines only' },
    {
      flags: '-o, --output <format>',
      help: 'text, or the lines as they were written',
      choices: ['text', 'json'],
      fallback: 'text',
    },
    ...longProjectOptions,
  ],
  examples: [
    ['kdev logs orders', 'sidecar and agent of orders, and the session'],
    ['kdev logs --agent -f', "all agents' logs as they grow"],
  ],
};
