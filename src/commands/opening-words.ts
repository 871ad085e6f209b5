import type { ServiceSettings } from '../config/settings.ts';
import type { Decision } from '../session/control.ts';

const indent = ' '.repeat(11);

/** What was decided for one service, each thing with where it came from. */
export function openingWords(settings: ServiceSettings, decision: Decision): string {
  const { service, incoming, files, origins } = settings;
  const { context, namespace, target, image, agentNamespace, warnings } = decision;
  const kept = target.mounts.filter(({ kind }) => freshKinds.has(kind)).length;
  const mounts = files.mounts === 'off' ? 0 : kept;
  const lines = [
    `${incomingWords(decision, incoming.mode)} of ${target.name}, pod ${target.pod}, container ${target.container} (${target.containerFrom})`,
    `context ${context.value} (${context.from}), namespace ${namespace.value} (${namespace.from})`,
    `agent: node mode (Job in ${agentNamespace}, admitted; RBAC ok) · image ${image} (${origins['agent.image'].words})`,
    `outgoing and DNS through the pod · ${mounts} mounts kept fresh, ${files.read.length} read live`,
    ...(target.readyPods > 1 ? [`one of ${target.readyPods} ready pods: the others serve on`] : []),
    ...warnings.map((warning) => `the cluster warns: ${warning}`),
  ];
  const [first = '', ...rest] = lines;
  return [`  ${service.padEnd(8)} ${first}`, ...rest.map((line) => indent + line)].join('\n');
}

/** One sentence on the new state of the world. */
export function closingWords(all: readonly { settings: ServiceSettings; decision: Decision }[]) {
  const sentences = all.map(({ settings, decision }) => {
    const { target, ports } = decision;
    const where = `${target.name}${portWords(ports)} in ${decision.namespace.value}`;
    if (settings.incoming.mode === 'steal') return `${settings.service} now answers for ${where}.`;
    if (settings.incoming.mode === 'mirror') {
      return `${settings.service} now sees what reaches ${where}, which answers itself.`;
    }
    return `${settings.service} now runs as if it were in ${where}.`;
  });
  const [first = ''] = all.map(({ settings }) => settings.service);
  return `${sentences.join('\n')}   kdev status · kdev compose logs -f ${first} · kdev compose down`;
}

const freshKinds = new Set(['configMap', 'secret', 'projected', 'downwardAPI']);

function incomingWords({ ports }: Decision, mode: string): string {
  if (mode === 'off') return 'takes nothing';
  const pairs = ports.map(({ target, service }) =>
    target === service ? `:${target}` : `:${target} (as :${service})`,
  );
  return `${mode} ${pairs.join(' ')}`;
}

function portWords(ports: Decision['ports']): string {
  return ports.length === 1 ? `:${ports[0]?.target}` : '';
}
