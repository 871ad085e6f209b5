import type { CommandForm, OptionForm } from '../../src/commands/command-form.ts';
import { commandSections } from '../../src/commands/command-table.ts';
import { globalOptionsHelp } from '../../src/commands/global-options.ts';
import { jsonSchema } from '../../src/config/schema.ts';

/** What JSON schema says of a key, as far as the page tells it. */
interface Node {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** docs/reference.md, from the schema of x-kdev and the forms of the commands. */
export function referencePage(): string {
  return [
    '# Reference',
    '',
    'Every setting, flag and command, made by `npm run docs` from the schema and the commands themselves: do not edit it by hand. What they mean together is told in',
    '[configuration.md](configuration.md) and [commands.md](commands.md).',
    '',
    '## Settings',
    '',
    'The keys of `x-kdev`, of a service or at the top of the compose file; those marked with * of a service only.',
    '',
    ...settingsTable(),
    '',
    '## Options of every command',
    '',
    ...table(
      ['option', 'what it does'],
      globalOptionsHelp.map(([flags, help]) => [code(flags), help]),
    ),
    '',
    ...commandSections
      .flat()
      .flatMap(({ form }) => [form, ...(form.commands ?? [])])
      .flatMap(commandPart),
  ].join('\n');
}

function settingsTable(): readonly string[] {
  const schema = jsonSchema() as Node;
  const services = schema.properties?.['services']?.additionalProperties;
  const ofService = typeof services === 'object' ? services.properties?.['x-kdev'] : undefined;
  const shared = Object.keys(schema.properties?.['x-kdev']?.properties ?? {});
  const rows = keysOf(ofService ?? {}, '').map(({ key, node }) => [
    `${code(key)}${shared.includes(key.split('.', 1)[0] ?? '') ? '' : ' *'}`,
    kinds(node).join(', '),
    node.description ?? '',
    node.examples?.map((one) => code(exampleText(one))).join(' ') ?? '',
  ]);
  return table(['key', 'value', 'what it says', 'example'], rows);
}

/** Each key with its path, those that have keys of their own before them. */
function keysOf(node: Node, before: string): readonly { key: string; node: Node }[] {
  return forms(node).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, inner]) => {
      const key = before === '' ? name : `${before}.${name}`;
      return [{ key, node: inner }, ...keysOf(inner, key)];
    }),
  );
}

const forms = (node: Node): readonly Node[] => node.anyOf?.flatMap(forms) ?? [node];

/** What a value may be, in words. */
function kinds(node: Node): readonly string[] {
  const all = [...new Set(forms(node).flatMap(kindsOfOne))];
  const isPorts = all.includes('list of number or text or keys below');
  return isPorts
    ? ['list of ports: `9090`, `3000:80`, `5353:53/udp`, `{service: 3000, target: 80}`']
    : all;
}

function kindsOfOne({ type = '', properties, items, ...one }: Node): readonly string[] {
  if (one.enum) return one.enum.map(code);
  if (one.const !== undefined) return [code(one.const)];
  if (type === 'array') return [`list of ${kinds(items ?? {}).join(' or ')}`];
  if (type === 'object') return [properties ? 'keys below' : 'names with values'];
  return [type === 'integer' ? 'number' : 'text'];
}

function exampleText(example: unknown): string {
  return typeof example === 'string' ? example : JSON.stringify(example);
}

function commandPart(form: CommandForm): readonly string[] {
  const { name, summary, words, options, notes = [] } = form;
  const told = options.filter(({ isHidden }) => isHidden !== true);
  return [
    `## ${['kdev', name, words].filter(Boolean).join(' ')}`,
    '',
    summary,
    '',
    ...(told.length > 0
      ? [...table(['option', 'what it does', 'values'], told.map(optionRow)), '']
      : []),
    ...(notes.length > 0 ? [notes.join(' '), ''] : []),
  ];
}

function optionRow({ flags, help, choices = [], fallback, isRepeated }: OptionForm): string[] {
  const values = choices.map((choice) =>
    choice === fallback ? `${code(choice)} (default)` : code(choice),
  );
  const more = isRepeated === true && !help.includes('again') ? '; may be given again' : '';
  return [code(flags), `${help}${more}`, values.join(', ')];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)];
}

const code = (text: string) => `\`${text}\``;
