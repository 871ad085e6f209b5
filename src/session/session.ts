import type { Engine } from '../docker/engine.ts';
import { removeProject } from '../docker/leftovers.ts';
import type { SessionKey } from '../protocol/preamble.ts';
import { systemClock } from '../runtime/clock.ts';
import { answerQuestions } from './answer-questions.ts';
import { Attached } from './attached.ts';
import {
  type BringUpOptions,
  decideAll,
  failedOf,
  lookAgain,
  resultOf,
  startAll,
} from './bring-up.ts';
import { Brought } from './brought.ts';
import type {
  ContainersAtEnd,
  ControlApi,
  SessionEvent,
  SessionStatus,
  UpRequest,
  UpResult,
} from './control.ts';
import type { Caller, ControlHandlers } from './control-server.ts';
import { Departure } from './departure.ts';
import { endContainers } from './end-containers.ts';
import { ContainerKeeper } from './keep-containers.ts';
import { Lease } from './lease.ts';
import { busy, ending } from './refusals.ts';
import { linkFolder, type ProjectFolder } from './runtime-folder.ts';
import type { Served } from './served.ts';
import { servedOptions } from './served-options.ts';
import { sessionStatus } from './services-status.ts';
import type { Log } from './session-log.ts';
import { placeOf, writeState } from './state-file.ts';
import type { EndedHow } from './tidy-folder.ts';
import { whatChanges } from './what-changes.ts';
import { eachBeside, failedBeside, leftInCluster, standingOf } from './what-stands.ts';

export interface SessionOptions {
  readonly id: string;
  readonly key: SessionKey;
  readonly project: string;
  readonly folder: ProjectFolder;
  readonly engine: Engine;
  readonly version: string;
  readonly owner: string;
  readonly refused: ReadonlySet<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

type EndRequest = ControlApi['end']['params'];
type Tell = (event: SessionEvent) => void;

/**
 * One compose project's session: what is served, who holds it, and how it ends.
 *
 * It ends with its lease: where no command comes, where the command is gone before the containers are up, or where an
 * attached command is gone. Settled, it lives until `end`, or until its containers are gone.
 * Every end gives the targets their traffic back before anything else, and happens once.
 */
export class Session {
  /** With what became of the containers, or that something of the end failed. */
  readonly ended: Promise<EndedHow>;
  readonly #options: SessionOptions;
  readonly #since = new Date();
  readonly #served = new Map<string, Served>();
  readonly #containers: ContainerKeeper;
  readonly #lease: Lease;
  readonly #departure = new Departure();
  readonly #brought: Brought;
  readonly #stop = new AbortController();
  readonly #leaving = new AbortController();
  readonly #haste = new AbortController();
  readonly #attached = new Attached();
  #resolveEnded: (how: EndedHow) => void = () => undefined;
  #place: Pick<UpRequest, 'directory' | 'files'> = { directory: '', files: [] };
  #bringing: Promise<unknown> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const { engine, project, id, folder, log } = options;
    this.#brought = new Brought(options);
    this.#containers = new ContainerKeeper({
      engine,
      project,
      session: id,
      log,
      socketOf: (service) => `${linkFolder(folder, service)}/link.sock`,
      onSidecarStart: (service) => this.#served.get(service)?.wake(),
      onNotice: (service, text) => this.#served.get(service)?.notice(text),
      onIdle: (what) => this.#idle(what),
    });
    this.#lease = new Lease({
      clock: systemClock,
      onOver: (why, claimed) => this.#endBecause(why, claimed ? 'remove' : 'stay'),
    });
    this.#containers.run(this.#stop.signal).catch((error: unknown) => log(`containers: ${error}`));
  }

  handlers(): ControlHandlers {
    const asked = {
      ...this.#options,
      served: this.#served,
      containers: this.#containers,
      brought: this.#brought,
    };
    const done = async (work: Promise<unknown>) => {
      await work;
      return {};
    };
    return {
      up: (request, caller) => this.#up(request, caller),
      settle: ({ brought, ...how }, { gone }) => {
        if (this.#ending !== undefined) return Promise.reject(ending());
        this.#lease.settle({ ...how, gone });
        this.#containers.look();
        this.#brought.add(brought);
        return Promise.resolve({});
      },
      attach: (_, { gone, tell }) => {
        this.#lease.attach(gone);
        this.#containers.expectAttached();
        return done(this.#attached.exit(tell));
      },
      status: () => this.#status(),
      ...answerQuestions(asked),
      release: ({ services }, { tell }) => done(this.#release(tell, services)),
      ...this.#departure.handlers((asked, { tell }) => done(this.#endSome(asked, tell))),
    };
  }

  /** Ends the session once; a second call that wants the containers killed does that at once. */
  end(containers: ContainersAtEnd, tell: Tell = () => undefined, why?: string): Promise<void> {
    const { engine, project, log } = this.#options;
    if (containers === 'kill') this.#haste.abort();
    if (this.#ending !== undefined && containers === 'kill') {
      removeProject(engine, { project, graceSeconds: 0, lateMs: 0 }).catch((error: unknown) =>
        log(`${error}`),
      );
    }
    this.#ending ??= this.#endOnce(containers, tell, why).then(
      () => this.#resolveEnded(containers),
      (error: unknown) => {
        this.#resolveEnded('failed');
        throw error;
      },
    );
    return this.#ending;
  }

  async #up(request: UpRequest, { tell, gone }: Caller): Promise<UpResult> {
    if (this.#ending !== undefined) {
      tell({ kind: 'ending' });
      await this.ended;
      throw ending();
    }
    if (this.#bringing !== undefined) throw busy(request.project);
    this.#lease.hold(gone);
    try {
      this.#place = { directory: request.directory, files: request.files };
      const work = this.#bringUp(request, { tell, gone });
      this.#bringing = work;
      const { services, failed: all } = await work;
      const failed = eachBeside(all, standingOf(this.#served));
      return { session: this.#options.id, before: this.#brought.all, services, failed };
    } catch (error) {
      throw failedBeside(error, standingOf(this.#served));
    } finally {
      this.#bringing = undefined;
    }
  }

  async #bringUp(
    request: UpRequest,
    { tell, gone }: Caller,
  ): Promise<Omit<UpResult, 'session' | 'before'>> {
    const { engine, folder } = this.#options;
    const signal = AbortSignal.any([gone, this.#leaving.signal]);
    const around = { ...this.#options, containers: this.#containers };
    const served = servedOptions(around, request);
    const options: BringUpOptions = { served, engine, folder, request, tell, signal };
    const { kept, anew, over } = whatChanges(this.#served, request, served.env);
    const seen = await lookAgain(kept, options);
    const { done: fresh, failed: refused } = await decideAll(anew, options);
    this.#containers.expectStart(gone);
    let lost = fresh;
    try {
      this.#writeState(fresh);
      for (const { decision } of seen.done) tell({ kind: 'decided', decision });
      const started = await startAll({ kept: seen.done, fresh }, options);
      const failed = failedOf(fresh, started);
      const result = resultOf(started, [...seen.failed, ...refused]);
      signal.throwIfAborted();
      // What fails has failed by now. Whatever was served is served until here, by the agent that it had.
      await this.#replace({ over, fresh: fresh.filter((one) => !failed.includes(one)) }, tell);
      lost = failed;
      return result;
    } finally {
      await this.#drop(lost).catch(() => undefined);
    }
  }

  /** Those that are over, or have a successor, leave; then the successors serve. Once begun, it is brought to its end. */
  async #replace(
    { over, fresh }: Readonly<Record<'over' | 'fresh', readonly Served[]>>,
    tell: Tell,
  ): Promise<void> {
    const former = fresh.flatMap(({ settings }) => this.#served.get(settings.service) ?? []);
    const { log } = this.#options;
    await this.#drop([...over, ...former], tell).catch((error: unknown) => log(`${error}`));
    this.#leaving.signal.throwIfAborted();
    for (const service of fresh) {
      this.#served.set(service.settings.service, service);
      service.serve();
    }
    this.#writeState();
  }

  /** They leave the cluster; who is told is told why it takes a while. */
  async #drop(services: readonly Served[], tell: Tell = () => undefined): Promise<void> {
    await Promise.all(
      services.map(async (one) => {
        const name = one.settings.service;
        const subject = `former agent ${name}`;
        tell({ kind: 'step', subject, state: 'working', words: 'leaves' });
        if (this.#served.get(name) === one) this.#served.delete(name);
        await one.release();
        await one.leave();
        tell({ kind: 'step', subject, state: 'done', words: 'gone' });
      }),
    );
  }

  /** Also where the agents are that are about to start. */
  #writeState(fresh: readonly Served[] = []): void {
    const { id, project, version, owner, folder } = this.#options;
    writeState(folder, {
      session: id,
      pid: process.pid,
      project,
      ...this.#place,
      version,
      owner,
      since: this.#since.toISOString(),
      places: [...this.#served.values(), ...fresh].map(placeOf),
    });
  }

  #endBecause(why: string, containers: ContainersAtEnd): void {
    if (this.#ending !== undefined) return;
    const { log } = this.#options;
    log(`${why}: the session ends`);
    this.end(containers, undefined, why).catch((error: unknown) => log(`end: ${error}`));
  }

  #idle(what: 'exited' | 'removed'): void {
    if (what === 'exited') {
      this.#attached.exited();
      if (this.#lease.endsWithContainers) this.#endBecause('its program has ended', 'remove');
    } else if (this.#lease.isSettled && this.#bringing === undefined) {
      this.#endBecause('its containers were removed', 'going');
    }
  }

  /** Ends the services named; with the last of them, the session. */
  async #endSome({ containers, services }: EndRequest, tell: Tell): Promise<void> {
    const isNamed = ({ settings }: Served) => services?.includes(settings.service) ?? true;
    if ([...this.#served.values()].every(isNamed)) return await this.end(containers, tell);
    await this.#drop([...this.#served.values()].filter(isNamed));
    this.#writeState();
  }

  async #release(tell: Tell, services?: readonly string[]): Promise<void> {
    const all = [...this.#served.values()].filter(
      ({ settings }) => services?.includes(settings.service) ?? true,
    );
    await Promise.all(
      all.map(async (service) => {
        const words = await service.release();
        const state = words === 'released' ? 'done' : 'failed';
        tell({ kind: 'step', subject: service.settings.service, state, words });
      }),
    );
  }

  #status(): Promise<SessionStatus> {
    return sessionStatus({
      ...this.#options,
      directory: this.#place.directory,
      since: this.#since,
      attached: this.#lease.isAttached,
      served: this.#served,
      containers: this.#containers,
    });
  }

  async #endOnce(containers: ContainersAtEnd, tell: Tell, why?: string): Promise<void> {
    this.#attached.tellEnding(why);
    const { engine, project, log } = this.#options;
    this.#containers.leave();
    this.#lease.close();
    this.#leaving.abort(ending());
    await this.#release(tell);
    tell({ kind: 'released' });
    // What it had begun it takes back itself.
    await this.#bringing?.catch(() => undefined);
    const agents = Promise.all(
      [...this.#served.values()].map(async (service) => {
        await service.leave(this.#haste.signal);
        const subject = `agent ${service.settings.service}`;
        tell({ kind: 'step', subject, state: 'done', words: 'gone' });
      }),
    ).catch(leftInCluster);
    const departure = this.#departure;
    const end = { project, containers, usersRan: this.#containers.usersRan, departure };
    const removed = endContainers(engine, end).then((isDone) => {
      if (isDone) tell({ kind: 'step', subject: 'containers', state: 'done', words: 'removed' });
    });
    const outcomes = await Promise.allSettled([agents, removed]);
    this.#stop.abort(new Error('the session has ended'));
    this.#attached.exited();
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure) log(`end: ${failure.reason}`);
    if (failure) throw failure.reason;
  }
}
