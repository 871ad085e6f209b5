import { execOptions } from '../../docker-run/exec-options.ts';
import type { CommandForm } from '../command-form.ts';
import { dockerFlags } from './option-forms.ts';

export const execForm: CommandForm = {
  name: 'exec',
  summary: 'A command in a container of kdev run, as docker exec.',
  words: '<run> <command...>',
  options: execOptions.map(({ help, ...shape }) => ({ flags: dockerFlags(shape), help })),
  examples: [
    ['kdev exec -it orders sh', 'a shell beside the program'],
    ['kdev exec orders env', 'the variables that it has'],
  ],
};
