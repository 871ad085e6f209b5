import { outsideSettings } from '../../config/flags.ts';
import { dockerOptions } from '../../docker-run/options.ts';
import type { CommandForm, OptionForm } from '../command-form.ts';

const settings = outsideSettings.map(({ flag, variable, placeholder, help }): OptionForm => {
  const short = flag === '--namespace' ? '-n, ' : '';
  const words = flag === '--target' ? 'whose place it takes: deployment/NAME' : help;
  return {
    flags: `${short}${flag} <${placeholder.toLowerCase()}>`,
    help: `${words} [${variable}]`,
  };
});

/** Docker's own stand in its help; here they keep their short names. */
const dockersOwn = dockerOptions
  .filter(({ name }) => name !== 'help')
  .map(({ name, short, takes }): OptionForm => {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}`;
    return { flags: takes === 'value' ? `${flags} <value>` : flags, help: '', isHidden: true };
  });

const refused = dockerOptions.flatMap(({ name, refused: no }) => (no ? [`--${name}`] : []));

export const runForm: CommandForm = {
  name: 'run',
  summary: "A container in a pod's place, in the form of docker run.",
  words: '<image> [command...]',
  options: [
    ...settings,
    { flags: '--x-kdev <yaml>', help: "any other setting: 'files: {read: /srv}'" },
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
