import { didYouMean } from '../../errors/nearest-name.ts';
import { misused, parseCommand } from '../command-form.ts';
import { completionForm, shells } from '../forms/completion-form.ts';
import { completionScripts } from './completion-scripts.ts';

/** `kdev completion bash|zsh|fish`: what the shell has to know; it then asks `kdev __complete`. */
export function completion(args: readonly string[]): Promise<number> {
  const asked = parseCommand(completionForm, args);
  if (!asked) return Promise.resolve(0);
  const [name = ''] = asked.words;
  const shell = shells.find((one) => one === name);
  if (!shell) {
    throw misused(
      completionForm,
      `"${name}": expected one of ${shells.join(', ')}${didYouMean(name, shells)}`,
    );
  }
  process.stdout.write(completionScripts[shell]);
  return Promise.resolve(0);
}
