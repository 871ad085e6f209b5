import { type OutsideSetting, outsideSettings } from '../../config/flags.ts';
import type { OptionShape } from '../../docker-run/parse-words.ts';
import type { OptionForm } from '../command-form.ts';

/** How a result is printed: the same words for every command. */
export const formatOption = {
  flags: '-o, --output <format>',
  help: 'how it is printed',
  choices: ['table', 'wide', 'json', 'yaml'],
  fallback: 'table',
} as const satisfies OptionForm;

/** The same where words tell it by themselves. */
export const wordsFormatOption = {
  flags: '-o, --output <format>',
  help: 'how it is printed',
  choices: ['text', 'table', 'wide', 'json', 'yaml'],
  fallback: 'text',
} as const satisfies OptionForm;

/** The cluster that a command means. */
export const clusterOptions: readonly OptionForm[] = [
  { flags: '--context <context>', help: 'context of the kubeconfig [KDEV_CONTEXT]' },
  { flags: '-n, --namespace <namespace>', help: 'namespace of the targets [KDEV_NAMESPACE]' },
];

/** A setting that has a flag. */
export function settingOption({
  flag,
  variable,
  placeholder,
  help,
  isRare = false,
}: Pick<OutsideSetting, 'flag' | 'variable' | 'placeholder' | 'help' | 'isRare'>): OptionForm {
  return { flags: `${flag} <${placeholder.toLowerCase()}>`, help: `${help} [${variable}]`, isRare };
}

/** All of them, for all services at once. */
export const settingOptions: readonly OptionForm[] = outsideSettings.map(settingOption);

/** An option of Docker's. */
export function dockerFlags({ name, short, takes }: OptionShape): string {
  const names = `${short === undefined ? '' : `-${short}, `}--${name}`;
  return takes === 'value' ? `${names} <value>` : names;
}

/** Compose's own, by the same names. */
export const projectOptions: readonly OptionForm[] = [
  { flags: '-f, --file <file>', help: 'a compose file; may be given again', isRepeated: true },
  { flags: '-p, --project-name <name>', help: "the project's name" },
  { flags: '--project-directory <folder>', help: "the project's directory" },
];

/** The same where `-f` is another option, as with `logs`. */
export const longProjectOptions: readonly OptionForm[] = projectOptions.map((option) => {
  return { ...option, flags: option.flags.replace(/^-f, /, '') };
});
