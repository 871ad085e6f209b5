import { kdevError } from '../errors/kdev-error.ts';
import { nearestName } from '../errors/nearest-name.ts';
import { outsideSettings } from './flags.ts';

/** Those that stand for no setting of x-kdev. */
const others = [
  'KDEV_IMAGE_BASE',
  'KDEV_REFUSE',
  'KDEV_PROGRESS',
  'KDEV_DEBUG',
  'KDEV_COMPLETION_MS',
];

/** Every `KDEV_` variable that a person can set. */
export const knownVariables: readonly string[] = [
  ...outsideSettings.map(({ variable }) => variable),
  ...others,
];

type Environment = Readonly<Record<string, string | undefined>>;

/** What kdev sets for Compose, and what its own tests set. */
const ownNames = /^KDEV_(ENV_\d+|TEST_.*|E2E_.*)$/;

/** A slip would silently change nothing. Its neighbours without a near name may be of another program, such as KDevelop. */
export function refuseSlips(env: Environment): void {
  for (const name of unknownVariables(env)) {
    const near = nearestName(suffixOf(name), knownVariables.map(suffixOf));
    if (near === undefined) continue;
    throw kdevError('SETTING_INVALID', {
      fact: `${name} is no variable of kdev's, did you mean KDEV_${near}?`,
      hints: [{ who: 'you', text: 'if it is not meant for kdev', command: `unset ${name}` }],
    });
  }
}

/** The `KDEV_` variables that mean nothing to kdev. */
export function unknownVariables(env: Environment): readonly string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('KDEV_') && !ownNames.test(name))
    .filter((name) => !knownVariables.includes(name))
    .sort();
}

export function unknownWords(names: readonly string[]): string {
  return `${names.join(', ')}: nothing that kdev knows`;
}

function suffixOf(name: string): string {
  return name.slice('KDEV_'.length);
}
