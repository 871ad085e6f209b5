import type { ServicePlan } from '../compose/service-plan.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { checkPorts } from '../docker/check-ports.ts';
import type { Engine } from '../docker/engine.ts';
import { ensureImage } from '../docker/images.ts';
import { projectLabel, serviceLabel, sessionLabel } from '../docker/labels.ts';
import { ensureVolume, inMemory } from '../docker/volumes.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { PathFact } from './agent-link.ts';
import type { ServiceFacts, SessionEvent, UpRequest } from './control.ts';
import { type Decided, decide } from './decide.ts';
import { planFiles } from './plan-files.ts';
import { linkFolder, makeLinkFolder, type ProjectFolder, writingTo } from './runtime-folder.ts';
import { Served, type ServedOptions } from './served.ts';
import { untilFirstFailure } from './until-first-failure.ts';

export interface BringUpOptions {
  readonly served: ServedOptions;
  readonly engine: Engine;
  readonly folder: ProjectFolder;
  readonly request: UpRequest;
  readonly tell: (event: SessionEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * The images, and everything that the cluster or this machine may refuse, all at once; nothing is created yet. The first
 * failure is the one that is told, and ends what else is under way.
 */
export async function decideAll(
  all: readonly ServiceSettings[],
  options: BringUpOptions,
): Promise<readonly Served[]> {
  const { tell, served } = options;
  const decided = new Map<ServiceSettings, Decided>();
  try {
    await untilFirstFailure(options.signal, (signal) => [
      ...all.map(async (settings) => {
        decided.set(settings, await decide(settings, served, signal));
      }),
      ...imagesOf(all).map((name) => seeToImage(name, { ...options, signal })),
      checkPorts(options.engine, options.request.project, options.request.publishes),
    ]);
  } catch (error) {
    for (const { cluster } of decided.values()) cluster.close();
    throw error;
  }
  // In the order in which they were asked for.
  return all.flatMap((settings) => {
    const found = decided.get(settings);
    if (found) tell({ kind: 'decided', decision: found.decision });
    return found ? [new Served(settings, found, served)] : [];
  });
}

function imagesOf(all: readonly ServiceSettings[]): string[] {
  return [...new Set(all.map(({ agent }) => agent.image))];
}

async function seeToImage(
  name: string,
  { engine, request, tell, signal }: BringUpOptions,
): Promise<void> {
  const subject = `image ${name}`;
  let isNew = false;
  await ensureImage(engine, { name, base: request.imageBase, signal }, (words) => {
    isNew = true;
    tell({ kind: 'step', subject, state: 'working', words });
  });
  if (isNew) tell({ kind: 'step', subject, state: 'done', words: 'ready' });
}

/** Starts a service's agent and asks it what rendering needs. */
export async function startServed(service: Served, options: BringUpOptions): Promise<ServiceFacts> {
  const subject = `agent ${service.settings.service}`;
  const say = (state: 'working' | 'done', words: string) =>
    options.tell({ kind: 'step', subject, state, words });
  say('working', 'starting');
  await service.start((words) => say('working', words), options.signal);
  const facts = await factsOf(service, options);
  say('done', 'ready');
  return facts;
}

export async function factsOf(served: Served, options: BringUpOptions): Promise<ServiceFacts> {
  const { settings, decision } = served;
  const { service, files } = settings;
  const linkDirectory = linkFolder(options.folder, service);
  writingTo(options.folder, () => makeLinkFolder(linkDirectory));
  const shown = { mounts: decision.target.mounts, shown: files.mounts };
  const [environment, found] = await served.ask(
    (link) => Promise.all([link.environment(), link.whatIs(files.read)]),
    options.signal,
  );
  refuseMissing(service, files.read, found);
  const mounts = planFiles({ ...shown, read: files.read });
  return {
    decision,
    hostname: decision.target.hostname,
    linkDirectory,
    environment: environment.toString('base64'),
    files: await makeVolumes(service, mounts, options),
  };
}

/** A path that the user asked for and the pod does not have would keep the sidecar from ever becoming healthy. */
function refuseMissing(
  service: string,
  wanted: readonly string[],
  found: ReadonlyMap<string, PathFact>,
): void {
  const missing = wanted.filter((path) => !['file', 'directory'].includes(found.get(path) ?? ''));
  if (missing.length === 0) return;
  throw kdevError('FILES_FAILED', {
    fact: `the target of ${service} has no ${missing.join(', ')}`,
    evidence: missing.map((path) => `${path}: ${found.get(path)}`).join('\n'),
    hints: [{ who: 'you', text: 'take it out of x-kdev.files.read, or correct the path' }],
  });
}

async function makeVolumes(
  service: string,
  mounts: ServicePlan['files']['mounts'],
  { engine, request, served }: BringUpOptions,
): Promise<ServicePlan['files']> {
  const labels = {
    [sessionLabel]: served.session,
    [projectLabel]: request.project,
    [serviceLabel]: service,
  };
  const has = (how: 'materialise' | 'fuse') => mounts.some((mount) => mount.how === how);
  const materialised = `${request.project}_kdev-files-${service}`;
  const volume = `${request.project}_kdev-mounts-${service}`;
  const [, mounted] = await Promise.all([
    has('materialise') && ensureVolume(engine, { name: materialised, labels, options: inMemory }),
    has('fuse') && ensureVolume(engine, { name: volume, labels }),
  ]);
  return {
    mounts,
    ...(has('materialise') ? { materialised } : {}),
    ...(mounted ? { mounted: { volume, mountpoint: mounted.mountpoint } } : {}),
  };
}
