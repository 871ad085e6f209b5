import { parse } from 'yaml';
import { escapeDollars, isModel, type Model, textAt } from '../../compose/model.ts';
import { outsideSettings } from '../../config/flags.ts';
import { runProjectPrefix } from '../../docker/labels.ts';
import type { AskedContainer } from '../../docker-run/compose-project.ts';
import { misused } from '../../docker-run/misused.ts';
import { parseRunWords } from '../../docker-run/parse-run.ts';
import { allOf, type Given, isOn, lastOf, type OptionShape } from '../../docker-run/parse-words.ts';
import { kdevError } from '../../errors/kdev-error.ts';

/** `kdev run …`, taken apart. */
export interface AskedRun extends AskedContainer {
  /** By which `kdev exec` and `kdev stop` know it. */
  readonly name: string;
  readonly project: string;
  readonly containerName: string;
  /** kdev's own flags with their values: `--target`. */
  readonly kdevFlags: Readonly<Record<string, string>>;
  readonly isDetached: boolean;
  readonly isInteractive: boolean;
  readonly hasTerminal: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** kdev's own: its settings, and any other as x-kdev would have it. */
const kdevOptions: readonly OptionShape[] = [
  ...outsideSettings.map(({ flag }): OptionShape => {
    const short = flag === '--namespace' ? { short: 'n' } : {};
    return { name: flag.slice(2), takes: 'value', ...short };
  }),
  { name: 'x-kdev', takes: 'value' },
];

/** Undefined where it asked for help. */
export function parseRun(args: readonly string[], env: Environment): AskedRun | undefined {
  const { given, words } = parseRunWords(args, kdevOptions);
  if (isOn(given, 'help')) return undefined;
  const [image, ...command] = words;
  if (image === undefined) throw misused('names no IMAGE');
  refuseConflicts(given);
  const xKdev = xKdevOf(given);
  const name = nameOf(given, targetOf(given, xKdev, env));
  const project = `${runProjectPrefix}${name.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`;
  return {
    given,
    image,
    command,
    xKdev,
    name,
    project,
    containerName: lastOf(given, 'name') ?? project,
    kdevFlags: Object.fromEntries(
      outsideSettings.flatMap(({ flag }): [string, string][] => {
        const value = lastOf(given, flag.slice(2));
        return value === undefined ? [] : [[flag, value]];
      }),
    ),
    isDetached: isOn(given, 'detach'),
    isInteractive: isOn(given, 'interactive'),
    hasTerminal: isOn(given, 'tty'),
  };
}

function refuseConflicts(given: Given): void {
  const restart = lastOf(given, 'restart') ?? 'no';
  if (isOn(given, 'rm') && restart !== 'no') {
    throw misused(`--rm removes the container when it ends, --restart ${restart} starts it again`);
  }
}

/** `--x-kdev 'files: {read: /var/lib}'` */
function xKdevOf(given: Given): Model {
  const yaml = lastOf(given, 'x-kdev');
  if (yaml === undefined) return {};
  let xKdev: unknown;
  try {
    xKdev = parse(escapeDollars(yaml));
  } catch (error) {
    throw misused(`--x-kdev is no YAML: ${error instanceof Error ? error.message : error}`);
  }
  if (isModel(xKdev)) return xKdev;
  throw misused("--x-kdev is a map of keys, such as 'files: {read: /var/lib/orders}'");
}

function targetOf(given: Given, xKdev: Model, env: Environment): string {
  const target = lastOf(given, 'target') ?? (env['KDEV_TARGET'] || textAt(xKdev, 'target'));
  if (target !== undefined) return target;
  throw kdevError('COMMAND_LINE', {
    fact: 'kdev run does not know whose place the container takes',
    hints: [
      { who: 'you', text: 'names it', command: 'kdev run --target deployment/NAME IMAGE' },
      { who: 'you', text: 'lists what there is', command: 'kdev ls' },
    ],
  });
}

function nameOf(given: Given, target: string): string {
  const [name, ...others] = [...new Set(allOf(given, 'name'))];
  if (others.length > 0) throw misused('--name is given twice');
  if (name === undefined) return target.split('/').at(-1) ?? target;
  if (/^[a-zA-Z0-9][\w.-]*$/.test(name)) return name;
  throw misused(`--name is of letters, digits, _, . and -, not ${name}`);
}
