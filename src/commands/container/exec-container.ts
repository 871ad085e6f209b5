import { execOptions } from '../../docker-run/exec-options.ts';
import { misused } from '../../docker-run/misused.ts';
import { isOn, parseWords } from '../../docker-run/parse-words.ts';
import { parseCommand } from '../command-form.ts';
import { execForm } from '../forms/exec-form.ts';
import { passToDocker } from '../pass-through.ts';
import { findRun } from '../runs.ts';

const help = { name: 'help', takes: 'switch' } as const;

/** `kdev exec`: `docker exec` in the container of that name. */
export async function execContainer(args: readonly string[]): Promise<number> {
  const { given, words } = parseWords(args, { command: 'exec', options: [...execOptions, help] });
  if (isOn(given, 'help')) {
    parseCommand(execForm, ['--help']);
    return 0;
  }
  const [name, ...command] = words;
  if (name === undefined || command.length === 0)
    throw misused('takes a name and a COMMAND', 'exec');
  const { container } = await findRun(name, 'exec');
  const options = args.slice(0, args.length - words.length);
  return await passToDocker(['exec', ...options, container.id, ...command]);
}
