import { createInterface } from 'node:readline/promises';
import { Interrupted } from './interrupts.ts';

/** Whether somebody is there who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

export async function askYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

/** One of these, by its number; undefined where none was chosen. */
export async function askWhich<T>(
  title: string,
  choices: readonly { readonly words: string; readonly value: T }[],
): Promise<T | undefined> {
  const width = String(choices.length).length;
  const lines = choices.map(({ words }, at) => `  ${String(at + 1).padStart(width)}  ${words}`);
  const answer = await ask(`${[title, ...lines].join('\n')}\nWhich? [1-${choices.length}] `);
  return /^\d+$/.test(answer) ? choices[Number(answer) - 1]?.value : undefined;
}

/** An input that ends is no answer; Ctrl-C ends the command. */
async function ask(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve, reject) => {
      asking.once('SIGINT', () => reject(new Interrupted(130)));
      asking.once('close', () => resolve(''));
      asking.question(question).then((answer) => resolve(answer.trim()), reject);
    });
  } catch (error) {
    process.stderr.write('\n');
    throw error;
  } finally {
    asking.close();
  }
}
