import type { CommandForm, OptionForm } from '../command-form.ts';

const configOption: OptionForm = {
  flags: '--config <file>',
  help: 'devcontainer.json, where it is not in its usual place',
};

export const devcontainerInitForm: CommandForm = {
  name: 'devcontainer init',
  summary: "Writes what a workspace needs to take a pod's place; shows it first.",
  options: [
    { flags: '--target <target>', help: 'whose place it takes: deployment/NAME' },
    { flags: '-n, --namespace <namespace>', help: "the target's namespace" },
    { flags: '--incoming <mode>', help: 'what comes in', choices: ['mirror', 'steal', 'off'] },
    { flags: '--image <image>', help: 'image of sidecar and agent' },
    { flags: '-y, --yes', help: 'writes without asking' },
    configOption,
  ],
  examples: [
    ['kdev devcontainer init --target deployment/orders', 'shows it, and asks'],
    ['kdev devcontainer init --target deployment/orders --incoming steal --yes', 'writes it'],
  ],
};

export const devcontainerCheckForm: CommandForm = {
  name: 'devcontainer check',
  summary: 'What initializeCommand runs: refuses a start without kdev.',
  options: [configOption],
  examples: [
    ['kdev devcontainer check', 'in initializeCommand'],
    ['kdev devcontainer check && devcontainer up --docker-path kdev-docker', 'by hand'],
  ],
};

/** Everything but `--config` is Compose's. */
function endForm(command: 'stop' | 'down', summary: string, what: string): CommandForm {
  return {
    name: `devcontainer ${command}`,
    summary,
    words: '[flags...]',
    options: [configOption],
    examples: [
      [`kdev devcontainer ${command}`, what],
      [`kdev devcontainer ${command} --timeout 2`, 'with the flags of docker compose'],
    ],
  };
}

export const devcontainerStopForm = endForm(
  'stop',
  "Stops the workspace's project; the target serves again.",
  'in the folder of the workspace',
);

export const devcontainerDownForm = endForm(
  'down',
  "Takes the workspace's project away, here and in the cluster.",
  'in the folder of the workspace',
);

export const devcontainerForm: CommandForm = {
  name: 'devcontainer',
  summary: "Dev containers whose workspace takes a pod's place.",
  options: [],
  commands: [
    devcontainerInitForm,
    devcontainerCheckForm,
    devcontainerStopForm,
    devcontainerDownForm,
  ],
  examples: [
    ['kdev devcontainer init --target deployment/orders', 'makes it ready'],
    ['devcontainer up --docker-path kdev-docker --workspace-folder .', 'starts it'],
  ],
};
