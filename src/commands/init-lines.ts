import type { ServiceSettings } from '../config/settings.ts';

/** What decides the lines of x-kdev beside the target's name. */
export interface InitFacts {
  readonly target: string;
  /** What up would take; only what was asked for with this command is written. */
  readonly settings: ServiceSettings;
  readonly servicePorts: readonly number[];
  /** Undefined where no pod is there to tell. */
  readonly targetPorts: readonly number[] | undefined;
  /** The image of sidecar and agent, where nobody named one and the default is out of the cluster's reach. */
  readonly image: string | undefined;
}

/** The x-kdev that a service gets: as few lines as it takes. */
export function xKdevLines(facts: InitFacts): Readonly<Record<string, unknown>> {
  const { target, settings } = facts;
  const { origins, context, namespace, agent } = settings;
  const isOutside = (key: 'context' | 'namespace') =>
    origins[key].from === 'flag' || origins[key].from === 'environment';
  const mode = origins['incoming.mode'].from === 'flag' ? settings.incoming.mode : undefined;
  const image = origins['agent.image'].from === 'flag' ? agent.image : facts.image;
  return {
    target,
    ...(context !== undefined && isOutside('context') ? { context } : {}),
    ...(namespace !== undefined && isOutside('namespace') ? { namespace } : {}),
    ...incomingLines(mode, mode === 'off' ? undefined : portLines(facts)),
    ...(image === undefined ? {} : { agent: { image } }),
  };
}

function incomingLines(mode: string | undefined, ports: readonly (number | string)[] | undefined) {
  if (ports === undefined) return mode === undefined ? {} : { incoming: mode };
  return { incoming: { ...(mode === undefined ? {} : { mode }), ports } };
}

/** Where the target's declared ports say too little: it declares none, or one that the service has under another number. */
function portLines({
  servicePorts,
  targetPorts,
}: InitFacts): readonly (number | string)[] | undefined {
  if (servicePorts.length === 0 || targetPorts === undefined) return undefined;
  if (targetPorts.length === 0) return servicePorts;
  const [own] = servicePorts;
  const [other] = targetPorts;
  const isOnePair = servicePorts.length === 1 && targetPorts.length === 1;
  return isOnePair && own !== other ? [`${own}:${other}`] : undefined;
}
