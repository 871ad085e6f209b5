import { isModel, listAt, type Model, mapAt, serviceAt, textAt } from '../compose/model.ts';
import { serviceText } from '../screen/story.ts';
import type { ServiceFacts } from '../session/control.ts';
import { overlapWords } from '../session/overlaps.ts';
import type { Entered } from './enter-cluster.ts';
import type { Story } from './story.ts';
import type { Work } from './work.ts';

type Told = Pick<Story, 'say' | 'terminal'>;
type Project = Pick<Work, 'project'>;
type Facts = Pick<Entered, 'settings' | 'result'>;

/** Before anything is made: the networks whose addresses the project fixes itself. */
export function tellDeclaredOverlaps({ project }: Project, facts: Facts, story: Told): void {
  for (const one of facts.result.services) {
    tellOf(one, facts, { connected: declaredNetworks(project.model, one), story });
  }
}

/** Once they are there: those whose addresses Docker has chosen. */
export async function tellOverlaps({ project }: Project, facts: Facts, story: Told): Promise<void> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { connectedNetworks } = await import('../docker/connected-networks.ts');
  const networks = await connectedNetworks(await connectEngine(), project.name);
  for (const one of facts.result.services) {
    const declared = declaredNetworks(project.model, one);
    const all = networks.get(one.decision.service) ?? [];
    const connected = all.filter((network) => !declared.includes(network));
    tellOf(one, facts, { connected, story });
  }
}

function declaredNetworks(model: Model, { decision }: ServiceFacts): readonly string[] {
  const networks = mapAt(model, 'networks');
  const own = Object.keys(mapAt(serviceAt(model, decision.service), 'networks'));
  return own
    .flatMap((name) => listAt(mapAt(mapAt(networks, name), 'ipam'), 'config'))
    .flatMap((config) => (isModel(config) ? (textAt(config, 'subnet') ?? []) : []));
}

function tellOf(
  { decision, network }: ServiceFacts,
  { settings }: Facts,
  { connected, story }: { readonly connected: readonly string[]; readonly story: Told },
): void {
  const own = settings.find(({ service }) => service === decision.service);
  if (!own) return;
  const words = overlapWords({ connected, cluster: network, outgoing: own.outgoing });
  if (words.length > 0) story.say(serviceText(decision.service, words, story.terminal));
}
