import { outsideSettings } from '../../config/flags.ts';
import { progressModes } from '../../screen/progress-mode.ts';
import type { Sections } from '../command.ts';
import type { CommandForm } from '../command-form.ts';
import { membersOf } from '../command-group.ts';
import { globalOptionsHelp, takeLeadingOptions } from '../global-options.ts';

/** A word that may stand there, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** What the shells' scripts read: candidates, and what is to become of them. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly directive?: 'files' | 'folders' | 'nospace';
}

/** Options that were given, by their long names. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** What may stand in the place of the last word. */
export type Wanted =
  | { readonly what: 'words'; readonly words: readonly Candidate[] }
  /** Names that must be asked for. `prefix` stands before each: `--namespace=`. */
  | {
      readonly what: 'names';
      readonly kind: string;
      readonly prefix: string;
      readonly given: Given;
    }
  /** What Docker completes, with kdev's own flags beside it. */
  | {
      readonly what: 'docker';
      readonly command: string;
      readonly form: CommandForm;
      readonly words: readonly string[];
    };

const nothing: Wanted = { what: 'words', words: [] };
/** Commands whose words are Docker's but for kdev's flags. */
const dockers: ReadonlySet<string> = new Set(['compose', 'run']);

/** Decides by the forms alone; `words` are those behind `kdev`. */
export function whatToComplete(sections: Sections, words: readonly string[]): Wanted {
  if (words.at(-2) === '--progress') return choices(progressModes, '');
  const before = takeLeadingOptions(words.slice(0, -1), { isDebug: false }).words;
  const current = words.at(-1) ?? '';
  const forms = sections.flat().map(({ form }) => form);
  const [name, ...rest] = before;
  if (name === undefined) return current.startsWith('-') ? globalWords : commandWords(forms);
  const form = forms.find((one) => one.name === name);
  if (!form) return nothing;
  if (name === 'help') return commandWords(rest.length === 0 ? forms : []);
  return dockers.has(name) ? inDocker(form, rest, current) : inForm(form, rest, current);
}

/** What the form hides is Docker's. */
function inDocker(form: CommandForm, before: readonly string[], current: string): Wanted {
  const own = optionsOf(form).filter(({ isHidden }) => !isHidden);
  const words = [...withoutOwnFlags(own, before), current];
  return ownValue(own, before, current) ?? { what: 'docker', command: form.name, form, words };
}

function inForm(form: CommandForm, before: readonly string[], current: string): Wanted {
  if (form.commands) {
    const [name, ...rest] = before;
    if (name === undefined) {
      return { what: 'words', words: membersOf(form).map(asCandidate) };
    }
    const member = form.commands.find((one) => one.name === `${form.name} ${name}`);
    return member ? inForm(member, rest, current) : nothing;
  }
  const options = optionsOf(form);
  const value = ownValue(options, before, current);
  if (value) return value;
  if (current.startsWith('-')) return { what: 'words', words: optionWords(options) };
  const { given, words } = parse(options, before);
  const kind = kindOfWord(form, words.length);
  return kind === undefined ? nothing : { what: 'names', kind, prefix: '', given };
}

interface Option {
  readonly long: string;
  readonly short: string | undefined;
  /** What stands in the brackets; undefined of a switch. */
  readonly kind: string | undefined;
  readonly choices: readonly string[];
  readonly about: string;
  readonly isHidden: boolean;
}

function optionsOf({ options }: CommandForm): readonly Option[] {
  return options.map(({ flags, choices: given, help, isHidden = false }) => {
    const long = /--[\w-]+/.exec(flags)?.[0] ?? '';
    const values = outsideSettings.find(({ flag }) => flag === long)?.values;
    return {
      long,
      short: /^-\w(?=,)/.exec(flags)?.[0],
      kind: /<(.*?)>/.exec(flags)?.[1],
      choices: given ?? values ?? [],
      about: help,
      isHidden,
    };
  });
}

function named(options: readonly Option[], name: string): Option | undefined {
  return options.find(({ long, short }) => name === long || name === short);
}

/** Where an option stands before that takes a value, or `--option=` is begun. */
function ownValue(
  options: readonly Option[],
  before: readonly string[],
  current: string,
): Wanted | undefined {
  const [, name = '', begun] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  const last = begun === undefined ? before.at(-1) : name;
  const option = last === undefined ? undefined : named(options, last);
  if (option?.kind === undefined) return undefined;
  const prefix = begun === undefined ? '' : `${name}=`;
  if (option.choices.length > 0) return choices(option.choices, prefix);
  return { what: 'names', kind: option.kind, prefix, given: parse(options, before).given };
}

/** Options with their values, and the other words. */
function parse(options: readonly Option[], words: readonly string[]) {
  const given = new Map<string, readonly string[]>();
  const others: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, name = word, inline] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    const option = named(options, name);
    if (!word.startsWith('-')) others.push(word);
    if (option?.kind === undefined) continue;
    const value = inline ?? left.shift();
    if (value === undefined) continue;
    given.set(option.long, [...(given.get(option.long) ?? []), value]);
  }
  return { given, words: others };
}

/** `<service> <what>` → service for the first word. */
function kindOfWord({ words = '' }: CommandForm, index: number): string | undefined {
  const kinds = [...words.matchAll(/[<[](.*?)(\.\.\.)?[\]>]/g)];
  const [, kind, more] = kinds[index] ?? kinds.at(-1) ?? [];
  return index < kinds.length || more !== undefined ? kind : undefined;
}

/** kdev's flags and their values mean nothing to Docker. */
function withoutOwnFlags(options: readonly Option[], words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, name = word, inline] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    const option = named(options, name);
    if (!option) kept.push(word);
    else if (option.kind !== undefined && inline === undefined) left.shift();
  }
  return kept;
}

const globalWords: Wanted = {
  what: 'words',
  words: [
    ...globalOptionsHelp.map(([flags, about]) => ({ word: longOf(flags), about })),
    { word: '--help', about: 'lists the commands' },
    { word: '--version', about: "kdev's version" },
  ],
};

function longOf(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function commandWords(forms: readonly CommandForm[]): Wanted {
  return { what: 'words', words: forms.map(asCandidate) };
}

function asCandidate({ name, summary }: CommandForm): Candidate {
  return { word: name, about: summary };
}

function optionWords(options: readonly Option[]): readonly Candidate[] {
  return [
    ...options
      .filter(({ isHidden }) => !isHidden)
      .map(({ long, about }) => ({ word: long, about })),
    ...globalOptionsHelp.map(([flags, about]) => ({ word: longOf(flags), about })),
    { word: '--help', about: 'tells what it takes' },
  ];
}

function choices(values: readonly string[], prefix: string): Wanted {
  return { what: 'words', words: values.map((value) => ({ word: `${prefix}${value}` })) };
}
