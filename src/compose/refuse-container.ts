import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import type { LineOf } from './locate-key.ts';
import { type Model, mapAt, textAt } from './model.ts';

/**
 * Runtimes that give a container a kernel, and so a network, of its own: nothing of what it sends passes through the
 * namespace that kdev watches. Known by the names under which they are installed.
 */
const runtimesWithKernel = /^(io\.containerd\.)?(runsc|kata)\b/;

/** A service whose container shares no Linux network namespace with others, or that is no container. */
export function containerError(name: string, service: Model, line: LineOf): KdevError | undefined {
  const kind = kindOf(service);
  if (kind === undefined) return undefined;
  const { key, value, why } = kind;
  return kdevError('CONTAINER_REFUSED', {
    fact: `service ${name} has x-kdev and ${key}: ${value}${line(key)}, ${why}`,
    hints: [{ who: 'you', text: `remove ${key} from ${name}, or take x-kdev away from it` }],
  });
}

interface Kind {
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

function kindOf(service: Model): Kind | undefined {
  const [provider, runtime, platform, isolation] = [
    textAt(mapAt(service, 'provider'), 'type'),
    textAt(service, 'runtime'),
    textAt(service, 'platform'),
    textAt(service, 'isolation'),
  ];
  if (provider !== undefined) {
    return { key: 'provider', value: provider, why: 'so it has no container to intercept' };
  }
  if (runtime !== undefined && runtimesWithKernel.test(runtime)) {
    const why = 'whose containers have a kernel and a network of their own';
    return { key: 'runtime', value: runtime, why };
  }
  const why = 'and kdev works in the network namespaces of Linux';
  if (platform?.startsWith('windows')) return { key: 'platform', value: platform, why };
  if (isolation !== undefined && isolation !== 'default') {
    return { key: 'isolation', value: isolation, why };
  }
  return undefined;
}
