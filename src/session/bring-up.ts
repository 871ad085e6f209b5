import type { ServicePlan } from '../compose/service-plan.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { checkPorts } from '../docker/check-ports.ts';
import type { Engine } from '../docker/engine.ts';
import { ensureImage } from '../docker/images.ts';
import { projectLabel, serviceLabel, sessionLabel } from '../docker/labels.ts';
import { ensureVolume, inMemory } from '../docker/volumes.ts';
import { fromPlain, kdevError } from '../errors/kdev-error.ts';
import type { PathFact } from './agent-link.ts';
import { changedVariables, podOf, takenWords } from './changed-variables.ts';
import type { FailedService, ServiceFacts, SessionEvent, UpRequest, UpResult } from './control.ts';
import { type Decided, decide } from './decide.ts';
import { type EachService, eachService } from './each-service.ts';
import { planFiles, volumeNames } from './plan-files.ts';
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
 * The images, and everything that the cluster or this machine may refuse, all at once; nothing is created yet. A port of
 * this machine that is taken ends it all, as it does with Compose.
 */
export async function decideAll(
  all: readonly ServiceSettings[],
  options: BringUpOptions,
): Promise<EachService<Served>> {
  const { tell, served, engine, request } = options;
  const { failFast, project, publishes } = request;
  const decided = new Set<Decided>();
  try {
    let each: Promise<EachService<Made>> | undefined;
    await untilFirstFailure(options.signal, (signal) => {
      const images = new Map(
        imagesOf(all).map((name) => [name, seeToImage(name, { ...options, signal })]),
      );
      const decideOne = async (settings: ServiceSettings, either: AbortSignal): Promise<Made> => {
        const [found] = await Promise.all([
          decide(settings, served, either).then((one) => {
            decided.add(one);
            return one;
          }),
          images.get(settings.agent.image),
        ]);
        return { settings, found };
      };
      each = eachService(all, decideOne, { failFast, signal, nameOf: ({ service }) => service });
      return [each, checkPorts(engine, project, publishes)];
    });
    const { done = [], failed = [] } = (await each) ?? {};
    for (const { found } of done) {
      decided.delete(found);
      tell({ kind: 'decided', decision: found.decision });
    }
    return { done: done.map(({ settings, found }) => new Served(settings, found, served)), failed };
  } finally {
    for (const { cluster } of decided) cluster.close();
  }
}

const nameOf = ({ settings }: Served) => settings.service;

/** Of services that stay as they are: what their targets are by now. */
export async function lookAgain(
  kept: readonly Served[],
  { request: { failFast }, signal }: BringUpOptions,
): Promise<EachService<Served>> {
  const look = (one: Served, either: AbortSignal) => one.lookAgain(either).then(() => one);
  return await eachService(kept, look, { failFast, signal, nameOf });
}

interface Made {
  readonly settings: ServiceSettings;
  readonly found: Decided;
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

/** The facts of all: of those that are up already, and of those whose agents start now. */
export async function startAll(
  { kept, fresh }: { readonly kept: readonly Served[]; readonly fresh: readonly Served[] },
  options: BringUpOptions,
): Promise<EachService<ServiceFacts>> {
  const { failFast } = options.request;
  const { signal } = options;
  const start = (service: Served, either: AbortSignal) =>
    (kept.includes(service) ? factsOf : startServed)(service, { ...options, signal: either });
  return await eachService([...kept, ...fresh], start, { failFast, signal, nameOf });
}

export function failedOf(
  all: readonly Served[],
  { failed }: Pick<EachService<unknown>, 'failed'>,
): readonly Served[] {
  return all.filter(({ settings }) => failed.some(({ service }) => service === settings.service));
}

/** What came up and what did not; throws where nothing did. */
export function resultOf(
  { done, failed }: EachService<ServiceFacts>,
  refused: readonly FailedService[],
): Pick<UpResult, 'services' | 'failed'> {
  const all = [...refused, ...failed];
  if (done.length === 0 && all[0]) throw fromPlain(all[0].error);
  return { services: done, failed: all };
}

/** Starts a service's agent and asks it what rendering needs. */
async function startServed(service: Served, options: BringUpOptions): Promise<ServiceFacts> {
  const subject = `agent ${service.settings.service}`;
  const say = (state: 'working' | 'done', words: string) =>
    options.tell({ kind: 'step', subject, state, words });
  say('working', 'starting');
  await service.start((words) => say('working', words), options.signal);
  const facts = await factsOf(service, options);
  say('done', 'ready');
  return facts;
}

async function factsOf(served: Served, options: BringUpOptions): Promise<ServiceFacts> {
  const { settings, decision } = served;
  const { service, files, outgoing } = settings;
  const linkDirectory = linkFolder(options.folder, service);
  writingTo(options.folder, () => makeLinkFolder(linkDirectory));
  const shown = { mounts: decision.target.mounts, shown: files.mounts };
  const [environment, found, network] = await served.ask(
    (link) => Promise.all([link.environment(), link.whatIs(files.read), link.network()]),
    options.signal,
  );
  refuseMissing(service, files.read, found);
  const mounts = planFiles({ ...shown, read: files.read, sockets: outgoing.unix });
  const { facts: former } = served;
  const now = { environment, target: decision.target };
  const taken = former ? changedVariables(podOf(former), now, settings.env) : [];
  if (taken.length > 0) served.notice(takenWords(taken));
  served.facts = {
    decision,
    hostname: decision.target.hostname,
    linkDirectory,
    environment: environment.toString('base64'),
    files: await makeVolumes(service, mounts, options),
    network,
  };
  return served.facts;
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
  const { materialised, mounted } = volumeNames(mounts, { project: request.project, service });
  const [, made] = await Promise.all([
    materialised && ensureVolume(engine, { name: materialised, labels, options: inMemory }),
    mounted && ensureVolume(engine, { name: mounted, labels }),
  ]);
  return {
    mounts,
    ...(materialised ? { materialised } : {}),
    ...(mounted && made ? { mounted: { volume: mounted, mountpoint: made.mountpoint } } : {}),
  };
}
