import { awaitAgentEnd } from '../cluster/await-agent-end.ts';
import { ClusterLeg } from '../cluster/cluster-leg.ts';
import { findSuccessor } from '../cluster/find-successor.ts';
import { findTarget } from '../cluster/find-target.ts';
import { followTarget, type TargetChange } from '../cluster/follow-target.ts';
import type { Rung } from '../cluster/pipe-refused.ts';
import { removeAgent, removeAgentAndPod } from '../cluster/remove-agent.ts';
import { type RunningAgent, startAgent } from '../cluster/start-agent.ts';
import type { Target } from '../cluster/target.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { SessionKey } from '../protocol/preamble.ts';
import { deadline } from '../runtime/deadline.ts';
import { AgentLink } from './agent-link.ts';
import { askAgent } from './ask-agent.ts';
import { changedVariables, changedWords, podOf } from './changed-variables.ts';
import type { Decision, HeldEnvironment, ServiceFacts, ServiceStatus } from './control.ts';
import { type Decided, type DecideOptions, planAgent, queryOf } from './decide.ts';
import { PipeKeeper, type PipeState } from './keep-pipe.ts';
import type { LocalLeg } from './local-leg.ts';
import { aborted, pause } from './pause.ts';
import { PortConflict } from './port-conflict.ts';
import { type Released, releaseTarget } from './release-target.ts';
import type { Log } from './session-log.ts';
import { renewedWords, type Trouble, troubleOf } from './trouble.ts';

export interface ServedOptions extends DecideOptions {
  readonly key: SessionKey;
  readonly refused: ReadonlySet<string>;
  readonly log: Log;
  /** A pipe to the service's sidecar; undefined while none runs. */
  readonly openLocal: (service: string) => Promise<LocalLeg> | undefined;
}

const clusterRungs: readonly Rung[] = ['pods/proxy', 'port-forward'];
const noticesKept = 20;
/** Who has a port is asked of the cluster for so long. */
const lookMs = 2_000;
const successorMs = 10 * 60_000;
const firstPauseMs = 100;
const longestPauseMs = 30_000;

/**
 * One service whose target is intercepted: its agent, the session's link to it, and the pipe between it and the sidecar.
 *
 * Ways to end: leave(), which everything else leads to. Ways to go on: the sidecar dies (the pipe waits for the next),
 * the agent dies (another is started), the target's pod is replaced (another agent follows it), the API server is out of
 * reach (everything waits; the agent gives the target its traffic back by itself).
 */
export class Served {
  readonly settings: ServiceSettings;
  readonly since = new Date();
  /** What it was brought up with last. */
  facts: ServiceFacts | undefined;
  readonly #options: ServedOptions;
  readonly #leg: ClusterLeg;
  readonly #keeper: PipeKeeper;
  readonly #stop = new AbortController();
  readonly #conflict = new PortConflict();
  readonly #notices: { at: string; text: string }[] = [];
  #decided: Decided;
  #agent: RunningAgent | undefined;
  #link: AgentLink | undefined;
  #state: ServiceStatus['state'] = 'starting';
  #pipe: PipeState = { up: false, why: 'the agent is not started yet' };
  #pipes = 0;

  constructor(settings: ServiceSettings, decided: Decided, options: ServedOptions) {
    this.settings = settings;
    this.#decided = decided;
    this.#options = options;
    const refuse = clusterRungs.filter((rung) => options.refused.has(rung));
    this.#leg = new ClusterLeg(decided.cluster, { refuse });
    this.#keeper = new PipeKeeper({
      key: options.key,
      openLocal: () => options.openLocal(settings.service),
      openCluster: async (signal) => {
        const pipe = await this.#openLeg(signal);
        return { pipe, rung: this.#leg.state.rung ?? '' };
      },
      onState: (state) => this.#seePipe(state),
    });
  }

  get decision(): Decision {
    return this.#decided.decision;
  }

  get isReleased(): boolean {
    return this.#state === 'released';
  }

  get isServing(): boolean {
    return this.#state === 'serving';
  }

  /** Where its cluster was found. */
  get kubeconfig(): string | undefined {
    return this.#options.env['KUBECONFIG'];
  }

  /** Its target as it is by now; throws where it has no ready pod. Which pod it is, the watch over it decides. */
  async lookAgain(signal: AbortSignal): Promise<void> {
    const query = queryOf(this.settings, this.decision.namespace.value);
    const { readyPods } = await findTarget(this.#decided.cluster, query, signal);
    const target = { ...this.decision.target, readyPods };
    this.#decided = { ...this.#decided, decision: { ...this.decision, target } };
  }

  /** Begins everything that keeps the service in the cluster. */
  serve(): void {
    this.#state = 'serving';
    this.#inBackground(this.#keeper.run(this.#stop.signal));
    this.#inBackground(this.#watchOver(this.#stop.signal));
  }

  /** Asks the agent; where it is being replaced, the next one. */
  ask<T>(question: (link: AgentLink) => Promise<T>, signal: AbortSignal): Promise<T> {
    const asked = {
      service: this.settings.service,
      linkNow: () => this.#link,
      nowMs: () => performance.now(),
      why: () => this.#notices.at(-1)?.text,
    };
    return askAgent(asked, question, signal);
  }

  /** A sidecar has started: do not wait for the next attempt. */
  wake(): void {
    this.#keeper.wake();
  }

  notice(text: string): void {
    this.#notices.push({ at: new Date().toISOString(), text });
    if (this.#notices.length > noticesKept) this.#notices.shift();
    this.#options.log(`${this.settings.service}: ${text}`);
  }

  async environment(signal: AbortSignal): Promise<HeldEnvironment> {
    const environment = await this.ask((link) => link.environment(), signal);
    const rules = this.settings.env;
    const now = { environment, target: this.decision.target };
    const changed = this.facts ? changedVariables(podOf(this.facts), now, rules) : [];
    return { environment: environment.toString('base64'), rules, changed };
  }

  async status(): Promise<Omit<ServiceStatus, 'sidecar'>> {
    const agent = await this.#link?.status().catch(() => undefined);
    const around = { ...this.#decided, signal: deadline(lookMs) };
    return {
      service: this.settings.service,
      decision: this.decision,
      mode: this.settings.incoming.mode,
      filter: this.settings.incoming.filter,
      state: this.#state,
      since: this.since.toISOString(),
      pipe: this.#pipe,
      replaced: Math.max(0, this.#pipes - 1),
      agent,
      silentSince: this.#link?.silentSince,
      conflict: await this.#conflict.tell(agent?.incoming.taken, around),
      notices: this.#notices,
    };
  }

  async release(): Promise<Released> {
    this.#state = 'released';
    return await releaseTarget(this.#link, (error) => this.notice(`release: ${error}`));
  }

  /**
   * Sees the agent gone from the cluster. In haste its Job is deleted, and its pod goes by itself. Also after a failed
   * start.
   */
  async leave(inHaste?: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('the session leaves'));
    const { cluster, plan } = this.#decided;
    const hasLeft = await this.#sayGoodbye();
    try {
      if (!this.#agent) return;
      const emptyPod = hasLeft ? this.#agent.pod.name : undefined;
      const objects = { name: this.#agent.name, namespace: plan.namespace, emptyPod };
      const gone = removeAgentAndPod(cluster, objects);
      gone.catch(() => undefined);
      await Promise.race([
        gone,
        ...(inHaste ? [aborted(inHaste).then(() => removeAgent(cluster, objects))] : []),
      ]);
    } finally {
      cluster.close();
    }
  }

  /** Whether the agent has answered that it leaves. */
  async #sayGoodbye(): Promise<boolean> {
    const link = this.#link;
    if (!link) return false;
    try {
      await link.leave();
      return true;
    } catch (error) {
      this.notice(`leave: ${error}`);
      return false;
    } finally {
      link.close();
    }
  }

  /** Starts an agent, which answers then and takes nothing of the target's yet. */
  async start(onProgress: (words: string) => void, signal: AbortSignal): Promise<void> {
    const { cluster, plan } = this.#decided;
    const { key } = this.#options;
    this.#agent = await startAgent(cluster, { plan, key }, { signal, onProgress });
    this.#link?.close();
    this.#link = new AgentLink(key, (dialling) => this.#openLeg(dialling));
  }

  #openLeg(signal: AbortSignal) {
    const { plan } = this.#decided;
    if (!this.#agent) return Promise.reject(new Error('there is no agent at the moment'));
    const door = {
      namespace: plan.namespace,
      pod: this.#agent.pod.name,
      port: plan.config.tunnelPort,
    };
    return this.#leg.open(door, signal);
  }

  #seePipe(state: PipeState): void {
    if (state.up) this.#pipes += 1;
    const before = JSON.stringify(this.#pipe);
    this.#pipe = state;
    if (JSON.stringify(state) === before) return;
    const words = state.up ? `up by ${state.legs.join(' and ')}` : `down: ${state.why}`;
    this.#options.log(`${this.settings.service}: pipe ${words}`);
  }

  async #watchOver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const trouble = await this.#firstTrouble(signal);
      if (trouble) await this.#renew(trouble, signal);
    }
  }

  /** Resolves with what happened to the agent or to the target; undefined when the signal aborts. */
  async #firstTrouble(signal: AbortSignal): Promise<Trouble | undefined> {
    const { cluster } = this.#decided;
    const { target } = this.decision;
    const agent = this.#agent;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const ends: Promise<Trouble | undefined>[] = [
      new Promise((resolve) => {
        const onChange = (change: TargetChange) => {
          const trouble = troubleOf(change, target);
          if (trouble) resolve(trouble);
          else if (change.kind === 'unknown') this.notice(`cannot see the target: ${change.why}`);
        };
        followTarget(cluster, target, { signal: either, onChange }).catch((error: unknown) => {
          if (!either.aborted) this.notice(`cannot follow the target: ${error}`);
        });
        signal.addEventListener('abort', () => resolve(undefined), { signal: over.signal });
      }),
    ];
    if (agent) ends.push(this.#agentEnd(agent, either));
    try {
      return await Promise.race(ends);
    } finally {
      over.abort();
    }
  }

  #agentEnd(agent: RunningAgent, signal: AbortSignal): Promise<Trouble | undefined> {
    return awaitAgentEnd(this.#decided.cluster, agent.pod, signal).then(
      (why) => ({ isPodLost: false, words: `the agent is gone: ${why}` }),
      (error: unknown) => {
        if (!signal.aborted) this.notice(`cannot watch the agent: ${error}`);
        return new Promise<never>(() => undefined);
      },
    );
  }

  /** Another agent, for the pod that the target has now; tries until there is one. */
  async #renew(trouble: Trouble, signal: AbortSignal): Promise<void> {
    this.notice(trouble.words);
    if (this.#state === 'serving') this.#state = 'starting';
    await this.#giveUpAgent();
    for (
      let pauseMs = firstPauseMs;
      !signal.aborted;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    ) {
      try {
        const former = this.decision.target;
        const target = await this.#nextTarget(trouble, signal);
        this.#aimAt(target);
        await this.start((words) => this.#options.log(words), signal);
        this.notice(renewedWords(former, target));
        if (this.#state !== 'released') this.#state = 'serving';
        this.#keeper.wake();
        this.#inBackground(this.#noticeVariables(signal));
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#state = 'lost';
        this.notice(error instanceof Error ? error.message : String(error));
        await pause(pauseMs, signal);
      }
    }
  }

  async #noticeVariables(signal: AbortSignal): Promise<void> {
    const { changed } = await this.environment(signal);
    if (changed.length > 0) this.notice(changedWords(changed));
  }

  async #giveUpAgent(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#link?.close();
    this.#link = undefined;
    if (!agent) return;
    const { cluster, plan } = this.#decided;
    await removeAgent(cluster, { name: agent.name, namespace: plan.namespace }).catch(
      (error: unknown) => this.notice(`the former agent: ${error}`),
    );
  }

  #nextTarget({ isPodLost }: Trouble, signal: AbortSignal): Promise<Target> {
    const { cluster, decision } = this.#decided;
    const query = queryOf(this.settings, decision.namespace.value);
    const former = decision.target;
    return isPodLost
      ? findSuccessor(cluster, query, { former, timeoutMs: successorMs, signal })
      : findTarget(cluster, query, signal);
  }

  #aimAt(target: Target): void {
    const { decision } = this.#decided;
    const plan = planAgent(
      { settings: this.settings, target, ports: decision.ports },
      this.#options,
    );
    this.#decided = { ...this.#decided, plan, decision: { ...decision, target } };
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.notice(`stopped unexpectedly: ${error}`);
    });
  }
}
