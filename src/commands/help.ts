import { kdevError } from '../errors/kdev-error.ts';
import { besideText, wrapText } from '../screen/text-width.ts';
import { beginning } from './beginning.ts';
import type { Around, Sections } from './command.ts';
import { globalOptionsHelp } from './global-options.ts';
import { resultTerminal } from './results.ts';

/** `kdev help`: every command; `kdev help image build`: one of them. */
export async function help(args: readonly string[], around: Around): Promise<number> {
  const [name, ...rest] = args.filter((word) => word !== '--help' && word !== '-h');
  if (name === undefined || name === 'help') {
    process.stdout.write(helpText(await around.loadSections(), await beginning()));
    return 0;
  }
  const sections = await around.loadSections();
  const entry = sections.flat().find(({ form }) => form.name === name);
  if (!entry) {
    throw kdevError('COMMAND_LINE', {
      fact: `kdev has no command ${name}`,
      hints: [{ who: 'you', text: 'lists the commands', command: 'kdev --help' }],
    });
  }
  return await (await entry.load())([...rest, '--help'], around);
}

export function helpText(
  sections: Sections,
  next: readonly string[],
  { columns } = resultTerminal(),
): string {
  const names = sections.flat().map(({ form }) => form.name);
  const width = Math.max(...names.map((name) => name.length));
  const options = Math.max(...globalOptionsHelp.map(([flags]) => flags.length));
  return [
    ...wrapText(
      'kdev runs a Docker Compose service on this machine as if it were inside a Kubernetes pod.',
      columns,
    ),
    ...sections.flatMap((section) => [
      '',
      ...section.map(({ form }) =>
        besideText(`  kdev ${form.name.padEnd(width)}  `, form.summary, columns),
      ),
    ]),
    '',
    'Each has its own --help. All take, before the command or behind it:',
    '',
    ...globalOptionsHelp.map(([flags, words]) =>
      besideText(`  ${flags.padEnd(options)}  `, words, columns),
    ),
    '',
    ...next,
    '',
  ].join('\n');
}
