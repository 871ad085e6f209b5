import type { ComposeCommandLine } from './command-line.ts';

/** Commands whose plain words are services. */
const naming = new Set(
  'up create start stop restart down watch scale run kill pause unpause rm pull push build'.split(
    ' ',
  ),
);

/** Flags of these commands without a value: behind any other one a word may be its value. */
const switches = new Set(
  [
    '-d --detach --build --force-recreate --no-recreate --no-build --no-deps --no-start --no-color',
    '--no-log-prefix --quiet-pull --remove-orphans --renew-anon-volumes -V --timestamps --wait',
    '--abort-on-container-exit --abort-on-container-failure --always-recreate-deps',
    '--attach-dependencies --watch -w --menu --yes -y --dry-run --quiet -q --volumes -v --rm',
    '--force -f --stop -s --no-cache --ignore-pull-failures --include-deps -T --no-TTY -i',
    '--interactive --use-aliases --service-ports -P --no-up --prune',
  ]
    .join(' ')
    .split(' '),
);

/** Behind these the word is a value, or a switch, as the command has it. */
const ambiguous: Readonly<Record<string, readonly string[]>> = { run: ['-v', '-w', '-f', '-s'] };

/**
 * Words that can only be meant as services, and are none. What may be the value of a flag, also of a newer Compose's, is left
 * to Compose.
 */
export function unknownServices(
  { command = '', rest }: Pick<ComposeCommandLine, 'command' | 'rest'>,
  known: readonly string[],
): readonly string[] {
  if (!naming.has(command)) return [];
  const end = rest.indexOf('--');
  const words = end < 0 ? rest : rest.slice(0, end);
  const plain = words.flatMap((word, index) => (word.startsWith('-') ? [] : [{ word, index }]));
  // What follows the first one of `run` is the program's.
  return plain
    .slice(0, command === 'run' ? 1 : undefined)
    .filter(({ index }) => !mayBeValue(command, words[index - 1]))
    .map(({ word }) => (command === 'scale' ? (word.split('=')[0] ?? '') : word))
    .filter((name) => !known.includes(name));
}

function mayBeValue(command: string, before: string | undefined): boolean {
  if (!before?.startsWith('-') || before.includes('=')) return false;
  return !switches.has(before) || (ambiguous[command]?.includes(before) ?? false);
}
