import { containerWords } from '../docker/container-words.ts';
import {
  type ContainerFact,
  listContainers,
  type Part,
  restartContainer,
  startContainer,
} from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { type ContainerEvent, watchContainers } from '../docker/watch-containers.ts';
import type { SidecarPlace } from './local-leg.ts';
import type { Log } from './session-log.ts';

export interface KeepContainersOptions {
  readonly engine: Engine;
  readonly project: string;
  readonly session: string;
  /** `link.sock` of a service's sidecar, on this machine. */
  readonly socketOf: (service: string) => string;
  readonly onSidecarStart: (service: string) => void;
  readonly onNotice: (service: string, text: string) => void;
  /** None of the user's containers runs any more after some did, or none of the session's is left. */
  readonly onIdle: (what: 'exited' | 'removed') => void;
  readonly log: Log;
}

/** Where the sidecar listens, in its container. */
const socketInside = '/kdev/run/link.sock';
/** Compose and the engine's own restart policy act first. */
const settleMs = 300;
/** A restart, and a container that is made anew, leave a while in which none runs. */
const exitedAfterMs = 3_000;
/** Compose may be at work so long: what is down then is for it to start, or one that it makes anew. */
const composeMs = 60_000;
const attachedMs = 10_000;
const graceSeconds = 10;
const healsPerMinute = 5;

/**
 * The session's view of the project's containers. A sidecar that died is started again; where the holder died, it and
 * all that joined its network are: the network they had is gone. Nothing is started whose service does not run, so that
 * `docker compose stop` stays a stop.
 */
export class ContainerKeeper {
  readonly #options: KeepContainersOptions;
  readonly #sidecars = new Map<string, SidecarPlace>();
  readonly #heals: number[] = [];
  #containers: readonly ContainerFact[] = [];
  #hadContainers = false;
  #usersRan = false;
  #idleSinceMs: number | undefined;
  #healFromMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isLeaving = false;

  constructor(options: KeepContainersOptions) {
    this.#options = options;
  }

  sidecarOf(service: string): SidecarPlace | undefined {
    return this.#sidecars.get(service);
  }

  /** Whether one of the user's containers has started: Compose makes all of them before. */
  get usersRan(): boolean {
    return this.#usersRan;
  }

  /** The user's containers are about to start: that none runs yet means nothing. */
  expectStart(gone: AbortSignal): void {
    this.#usersRan = false;
    this.#healFromMs = performance.now() + composeMs;
    gone.addEventListener('abort', () => this.look(), { once: true });
  }

  /** The command stays as long as they run, so it cannot say when Compose has made them. */
  expectAttached(): void {
    this.#healFromMs = performance.now() + attachedMs;
  }

  /** Compose is done; tells again what has happened already. */
  look(): void {
    this.#healFromMs = 0;
    this.#lookSoon(0);
  }

  /** From now on containers may go: nothing is healed and nothing is told. */
  leave(): void {
    this.#isLeaving = true;
    clearTimeout(this.#timer);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { engine, project } = this.#options;
    const watch = {
      onEvent: (event: ContainerEvent) => this.#see(event),
      onListening: () => this.#lookSoon(0),
    };
    await watchContainers(engine, project, watch, signal);
    clearTimeout(this.#timer);
  }

  #see({ action, part, service, id, exitCode }: ContainerEvent): void {
    if (action === 'start' && part === 'user') this.#usersRan = true;
    if (action === 'start' && part === 'sidecar') this.#sidecarStarted(service, id);
    if (action === 'die' && part === 'sidecar') this.#sidecars.delete(service);
    if (action === 'die' && part !== 'user' && !this.#isLeaving) {
      this.#options.log(`${part} of ${service} ended with exit code ${exitCode}`);
    }
    if (action === 'health_status: unhealthy') this.#tellUnhealthy(part, service, id);
    if (action === 'start' || action === 'die' || action === 'destroy') this.#lookSoon(settleMs);
  }

  #tellUnhealthy(part: Part, service: string, id: string): void {
    if (this.#isLeaving || part === 'holder') return;
    const { engine, onNotice } = this.#options;
    const who = part === 'sidecar' ? `its sidecar` : 'its container';
    const tell = (words: string | undefined) =>
      onNotice(service, [`${who} is not healthy`, ...(words?.split('\n') ?? [])].join('; '));
    containerWords(engine, id).then(tell, () => tell(undefined));
  }

  #sidecarStarted(service: string, containerId: string): void {
    const known = this.#sidecars.get(service);
    if (known?.containerId === containerId) return;
    const socket = this.#options.socketOf(service);
    const runningSinceMs = performance.now();
    this.#sidecars.set(service, { socket, socketInside, containerId, runningSinceMs });
    this.#options.onSidecarStart(service);
  }

  #lookSoon(afterMs: number): void {
    if (this.#isLeaving) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#look().catch((error: unknown) => this.#options.log(`containers: ${error}`));
    }, afterMs);
  }

  async #look(): Promise<void> {
    const { engine, project, session, onIdle } = this.#options;
    this.#containers = await listContainers(engine, { [composeProjectLabel]: project });
    if (this.#isLeaving) return;
    const ours = this.#containers.filter((one) => one.session === session);
    for (const { part, service, id, isRunning } of ours) {
      if (part === 'sidecar' && isRunning) this.#sidecarStarted(service, id);
    }
    await this.#heal(ours);
    const users = this.#containers.filter(({ part }) => part === 'user');
    if (ours.length > 0) this.#hadContainers = true;
    else if (this.#hadContainers) onIdle('removed');
    this.#seeIdle(this.#usersRan && !users.some(({ isRunning }) => isRunning));
  }

  #seeIdle(isIdle: boolean): void {
    const now = performance.now();
    this.#idleSinceMs = isIdle ? (this.#idleSinceMs ?? now) : undefined;
    const leftMs = exitedAfterMs - (now - (this.#idleSinceMs ?? now));
    if (isIdle && leftMs > 0) this.#lookSoon(leftMs);
    else if (isIdle) this.#options.onIdle('exited');
  }

  async #heal(ours: readonly ContainerFact[]): Promise<void> {
    const earlyMs = this.#healFromMs - performance.now();
    if (earlyMs > 0) return this.#lookSoon(earlyMs);
    for (const part of ours.filter(({ isRunning }) => !isRunning)) {
      const { service, id } = part;
      const isNeeded = this.#containers.some(
        (one) => one.part === 'user' && one.service === service && one.isRunning,
      );
      if (!isNeeded || !this.#mayHeal(part)) continue;
      await startContainer(this.#options.engine, id);
      this.#options.onNotice(service, `its ${part.part} had ended and was started again`);
      if (part.part === 'holder') await this.#rejoin(id);
    }
  }

  /** What had joined the holder's network has an empty one now. */
  async #rejoin(holderId: string): Promise<void> {
    const joined = this.#containers.filter(({ networkOf }) => networkOf === holderId);
    const { engine } = this.#options;
    const byPart = (part: string) =>
      joined.filter((one) => (one.part === 'sidecar') === (part === 'sidecar'));
    for (const { id } of byPart('sidecar')) await restartContainer(engine, id, 1);
    for (const { id } of byPart('user')) await restartContainer(engine, id, graceSeconds);
  }

  #mayHeal({ service, part }: ContainerFact): boolean {
    const now = performance.now();
    while (this.#heals[0] !== undefined && now - this.#heals[0] > 60_000) this.#heals.shift();
    if (this.#heals.length >= healsPerMinute) {
      this.#options.onNotice(service, `its ${part} keeps ending: not started again for now`);
      this.#lookSoon(60_000);
      return false;
    }
    this.#heals.push(now);
    return true;
  }
}
