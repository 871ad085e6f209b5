import { outsideSettings } from '../../config/flags.ts';
import { dockerOptions } from '../../docker-run/options.ts';
import type { CommandForm, OptionForm } from '../command-form.ts';
import { dockerFlags, settingOption } from './option-forms.ts';

const settings = outsideSettings.map((setting): OptionForm => {
  const { flag } = setting;
  if (flag === '--target') {
    return settingOption({ ...setting, help: 'whose place it takes: deployment/NAME' });
  }
  const option = settingOption(setting);
  return flag === '--namespace' ? { ...option, flags: `-n, ${option.flags}` } : option;
});

/** Docker's own stand in its help; here they keep their short names. */
const dockersOwn = dockerOptions
  .filter(({ name }) => name !== 'help')
  .map((shape): OptionForm => ({ flags: dockerFlags(shape), help: '', isHidden: true }));

const refused = dockerOptions.flatMap(({ name, refused: no }) => (no ? [`--${name}`] : []));

export const runForm: CommandForm = {
  name: 'run',
  summary: "A container in a pod's place, in the form of docker run.",
  words: '<image> [command...]',
  options: [
    ...settings,
    { flags: '--x-kdev <yaml>', help: "settings as a file has them: 'files: {read: /srv}'" },
    ...dockersOwn,
  ],
  notes: [
    'Every option of docker run goes too, by the same names (docker run --help),',
    `but for ${refused.slice(0, 4).join(', ')},`,
    `${refused.slice(4).join(', ')}.`,
  ],
  examples: [
    ['kdev run --target deployment/orders -it node:24 bash', 'a shell as if in its pod'],
    ['kdev run --target deployment/orders -d orders:dev', 'until kdev stop orders'],
  ],
};
