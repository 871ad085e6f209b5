import { parseArgs } from 'node:util';
import { kdevError } from '../errors/kdev-error.ts';

/** `kdev devcontainer init …`, taken apart. */
export interface InitCommand {
  readonly target?: string;
  readonly namespace?: string;
  readonly incoming?: string;
  readonly image?: string;
  readonly config?: string;
  readonly yes: boolean;
}

export const devcontainerHelp = `kdev devcontainer: dev containers whose workspace is an intercepted service (docs/devcontainers.md).

  kdev devcontainer init      writes what is needed into the compose file and devcontainer.json, and shows it first
                              --target deployment/NAME   whose place the workspace takes
                              [--namespace NAME] [--incoming mirror|steal|off] [--image IMAGE] [--yes]
  kdev devcontainer check     what initializeCommand runs: refuses a start without kdev
  kdev devcontainer stop      stops the workspace's project; the target serves again
  kdev devcontainer down      takes everything of it away      (both take the flags of docker compose)

Each takes --config FILE, where devcontainer.json is not in its usual place.
Start it with: devcontainer up --docker-path kdev-docker --workspace-folder .
`;

export function parseInitCommand(args: readonly string[]): InitCommand {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        target: text,
        namespace: { ...text, short: 'n' },
        incoming: text,
        image: text,
        config: text,
        yes: { type: 'boolean', short: 'y' },
      },
    });
    const { yes = false, ...rest } = values;
    return { ...rest, yes };
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : String(cause));
  }
}

export function misused(fact: string) {
  return kdevError('COMMAND_LINE', {
    fact,
    hints: [{ who: 'you', text: 'tells what it takes', command: 'kdev devcontainer --help' }],
  });
}
