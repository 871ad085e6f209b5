import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import type { LineOf } from './locate-key.ts';
import { isModel, listAt, type Model, mapAt, serviceAt, textAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';
import { containerError } from './refuse-container.ts';
import { injectionError } from './refuse-injection.ts';
import { holderName } from './render-holder.ts';
import { sidecarName } from './render-sidecar.ts';
import { isNeededByCompose } from './run-compose.ts';

/**
 * Refuses the services that cannot be intercepted, before anything is started: throws for the first one.
 * `scales` is what `--scale` says.
 */
export function refuseServices(
  project: Pick<ResolvedProject, 'model' | 'locate' | 'xKdev' | 'envFileHas' | 'version'>,
  services: readonly string[],
  scales: ReadonlyMap<string, number>,
): void {
  for (const name of services) {
    const service = serviceAt(project.model, name);
    const line: LineOf = (...keys) => inBrackets(project.locate(['services', name, ...keys]));
    const error =
      networkModeError(name, textAt(service, 'network_mode'), line('network_mode')) ??
      containerError(name, service, line) ??
      replicasError(name, service, scales, line) ??
      namesError(name, project) ??
      injectionError(name, project, line) ??
      unsetError(name, project);
    if (error !== undefined) throw error;
  }
}

function networkModeError(
  name: string,
  mode: string | undefined,
  line: string,
): KdevError | undefined {
  const [kind, other] = mode?.split(':') ?? [];
  if (kind === 'service') {
    return kdevError('SHARED_NETWORK_REFUSED', {
      fact: `service ${name} has x-kdev and joins the network of ${other}${line}`,
      hints: [
        {
          who: 'you',
          text: `put x-kdev on ${other}, which owns the network: ${name} comes with it`,
        },
      ],
    });
  }
  if (kind !== 'host' && kind !== 'container' && kind !== 'none') return undefined;
  return kdevError('NETWORK_MODE_REFUSED', {
    fact: `service ${name} has x-kdev and network_mode: ${mode}${line}, so it has no network of its own to intercept`,
    hints: [{ who: 'you', text: `remove network_mode from ${name}, or take x-kdev away from it` }],
  });
}

function replicasError(
  name: string,
  service: Model,
  scales: ReadonlyMap<string, number>,
  line: LineOf,
): KdevError | undefined {
  const refused = (where: string, instead: string) =>
    kdevError('REPLICAS_REFUSED', {
      fact: `service ${name} has x-kdev and ${where}, and can stand for its pod only once`,
      hints: [
        { who: 'you', text: instead },
        { who: 'you', command: `kdev compose up --scale ${name}=1`, text: 'runs one, this time' },
      ],
    });
  const flag = scales.get(name);
  if (flag !== undefined) {
    const given = `--scale ${name}=${flag}`;
    return flag > 1 ? refused(given, `leave out ${given}`) : undefined;
  }
  const scale = service['scale'];
  if (Number(scale) > 1) {
    const where = line('scale');
    return refused(`scale: ${scale}${where}`, `write "scale: 1" in services.${name}${where}`);
  }
  const replicas = mapAt(service, 'deploy')['replicas'];
  if (Number(replicas) > 1) {
    const where = line('deploy', 'replicas');
    const instead = `write "replicas: 1" in services.${name}.deploy${where}`;
    return refused(`deploy.replicas: ${replicas}${where}`, instead);
  }
  return undefined;
}

function namesError(
  name: string,
  { model, locate }: Pick<ResolvedProject, 'model' | 'locate'>,
): KdevError | undefined {
  const services = mapAt(model, 'services');
  const taken = [holderName(name), sidecarName(name)].find((added) => isModel(services[added]));
  if (taken === undefined) return undefined;
  return kdevError('SERVICE_NAME_TAKEN', {
    fact: `the project has a service ${taken}${inBrackets(locate(['services', taken]))}, which is what kdev calls its own part of ${name}`,
    hints: [{ who: 'you', text: `give ${taken} another name` }],
  });
}

/** Compose fills a name without a value from its own environment and from the project's env files. */
function unsetError(
  name: string,
  { xKdev, envFileHas, locate }: Pick<ResolvedProject, 'xKdev' | 'envFileHas' | 'locate'>,
): KdevError | undefined {
  const cannotGo = (variable: string) => envFileHas(variable) || isNeededByCompose(variable);
  const own = unsetOf(xKdev.services.get(name)).find(cannotGo);
  const refused = own ?? unsetOf(xKdev.project).find(cannotGo);
  if (refused === undefined) return undefined;
  const place = own === undefined ? [] : ['services', name];
  const line = inBrackets(locate([...place, 'x-kdev', 'env', 'unset']));
  const why = isNeededByCompose(refused)
    ? 'Compose itself needs it in its environment'
    : "the project's .env sets it, and Compose would hand that to the service";
  return kdevError('X_KDEV_INVALID_VALUE', {
    fact: `x-kdev.env.unset of service ${name}${line} cannot take away ${refused}: ${why}`,
    hints: [
      isNeededByCompose(refused)
        ? { who: 'you', text: `give it a value instead: x-kdev.env.override.${refused}` }
        : { who: 'you', text: `take ${refused} out of .env, or out of unset` },
    ],
  });
}

function unsetOf(xKdev: unknown): readonly string[] {
  return isModel(xKdev) ? listAt(mapAt(xKdev, 'env'), 'unset').map(String) : [];
}

function inBrackets(line: string | undefined): string {
  return line === undefined ? '' : ` (${line})`;
}
