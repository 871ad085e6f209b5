import { didYouMean } from '../errors/nearest-name.ts';
import { misused } from './misused.ts';

/** An option as Docker's command line reads it. */
export interface OptionShape {
  /** The long name, without its dashes. */
  readonly name: string;
  readonly short?: string;
  readonly takes: 'value' | 'switch';
}

/** What was given, by long name, in the order of the command line. A switch has `true` or `false`. */
export type Given = ReadonlyMap<string, readonly string[]>;

export interface Parsed {
  readonly given: Given;
  /** The first word that is no option, and all that follow: they may be a program's. */
  readonly words: readonly string[];
}

export interface Form {
  /** As it is typed: `run`. */
  readonly command: string;
  readonly options: readonly OptionShape[];
}

interface Option {
  readonly shape: OptionShape;
  /** What stood behind `=`, or behind a short name in the same word. */
  readonly attached: string | undefined;
}

/** Takes a command line apart as Docker does: its options end at the first word that is none, or at `--`. */
export function parseWords(words: readonly string[], form: Form): Parsed {
  const given = new Map<string, string[]>();
  const left = [...words];
  for (let word = left[0]; word?.startsWith('-') && word !== '-'; word = left[0]) {
    left.shift();
    if (word === '--') break;
    for (const { shape, attached } of optionsIn(word, form)) {
      const value =
        shape.takes === 'switch'
          ? switchValue(shape, attached, form)
          : (attached ?? left.shift() ?? missing(shape, form));
      given.set(shape.name, [...(given.get(shape.name) ?? []), value]);
    }
  }
  return { given, words: left };
}

/** `--name`, `--name=value`, `-it`, `-p80:80`, `-i=false`. */
function optionsIn(word: string, form: Form): readonly Option[] {
  if (!word.startsWith('--')) return shortOptions(word.slice(1), form);
  const [name = '', ...value] = word.slice(2).split('=');
  const shape = form.options.find((one) => one.name === name);
  if (!shape) throw unknown(`--${name}`, form);
  return [{ shape, attached: value.length > 0 ? value.join('=') : undefined }];
}

function shortOptions(letters: string, form: Form): readonly Option[] {
  const [letter = '', rest] = [letters.slice(0, 1), letters.slice(1)];
  const shape = form.options.find(({ short }) => short === letter);
  if (!shape) throw unknown(`-${letter}`, form);
  if (rest === '') return [{ shape, attached: undefined }];
  if (rest.startsWith('=')) return [{ shape, attached: rest.slice(1) }];
  if (shape.takes === 'value') return [{ shape, attached: rest }];
  return [{ shape, attached: undefined }, ...shortOptions(rest, form)];
}

function switchValue({ name }: OptionShape, attached: string | undefined, form: Form): string {
  if (attached === undefined || /^(1|t|true)$/i.test(attached)) return 'true';
  if (/^(0|f|false)$/i.test(attached)) return 'false';
  throw misused(`--${name} is true or false, not ${attached}`, form.command);
}

function missing({ name }: OptionShape, { command }: Form): never {
  throw misused(`--${name} needs a value`, command);
}

function unknown(option: string, { command, options }: Form) {
  const known = options.map(({ name }) => `--${name}`);
  const meant = didYouMean(option, known);
  return misused(`${option} is an option of neither docker ${command} nor kdev${meant}`, command);
}

export function lastOf(given: Given, name: string): string | undefined {
  return given.get(name)?.at(-1);
}

export function allOf(given: Given, name: string): readonly string[] {
  return given.get(name) ?? [];
}

export function isOn(given: Given, name: string): boolean {
  return lastOf(given, name) === 'true';
}
