import { type Hint, type KdevError, kdevError } from '../errors/kdev-error.ts';
import { admissionRefusal } from './admission-refusal.ts';
import type { AgentPlan } from './agent-plan.ts';
import { requestWords } from './agent-resources.ts';
import { bounded } from './api-failure.ts';
import { eventWords, type RawEvent } from './events.ts';
import { type ImageWay, imageWay, pushName } from './image-way.ts';
import type { RawPod } from './pod-container.ts';
import { condition, containerStatus, isTerminating, whyNotReady } from './pod-state.ts';

/** How far the agent's pod is. */
export type AgentState =
  | { readonly kind: 'unplaced'; readonly why?: string }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly agent: AgentPod }
  | { readonly kind: 'failed'; readonly error: KdevError };

/** The pod in which the agent runs. */
export interface AgentPod {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly address: string;
  readonly node: string;
}

/** Reads a state of the pod; what cannot get better by waiting is a failure. */
export function agentState(plan: AgentPlan, pod: RawPod): AgentState {
  const status = containerStatus(pod, 'agent');
  const failure = brokenPod(plan, pod) ?? brokenContainer(plan, pod);
  if (failure) return { kind: 'failed', error: failure };
  if (!pod.spec?.nodeName) {
    const { reason, message } = condition(pod, 'PodScheduled') ?? {};
    const why = reason === 'Unschedulable' ? bounded(message ?? reason) : undefined;
    return { kind: 'unplaced', ...(why ? { why } : {}) };
  }
  const { name, uid } = pod.metadata ?? {};
  const address = pod.status?.podIP;
  if (!status?.state?.running || !name || !uid || !address) return { kind: 'starting' };
  const { namespace } = plan;
  return { kind: 'running', agent: { name, uid, namespace, address, node: pod.spec.nodeName } };
}

function brokenPod(plan: AgentPlan, pod: RawPod): KdevError | undefined {
  if (isTerminating(pod)) return failed(plan, "the agent's pod was deleted while it started", []);
  const { phase, reason, message } = pod.status ?? {};
  const refusedByNode = /^(OutOf|NodeAffinity|UnexpectedAdmission|PreemptContainer)/;
  if (phase !== 'Failed' || !refusedByNode.test(reason ?? '')) return undefined;
  return unschedulable(plan, bounded(`${reason}: ${message ?? ''}`));
}

const imageTroubles: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const startTroubles: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PostStartHookError',
  'CrashLoopBackOff',
]);

/** The kubelet waits for an object for a second, says this, and tries again some seconds later. */
const notHeardYet = /failed to sync (secret|configmap) cache/;

function brokenContainer(plan: AgentPlan, pod: RawPod): KdevError | undefined {
  const { waiting, terminated } = containerStatus(pod, 'agent')?.state ?? {};
  if (waiting?.reason && imageTroubles.has(waiting.reason)) {
    return imageUnavailable(plan, bounded(`${waiting.reason}: ${waiting.message ?? ''}`));
  }
  if (cannotStart(waiting)) {
    return failed(plan, 'the container of the agent cannot be started', whyNotReady(pod));
  }
  if (!terminated) return undefined;
  const { exitCode, signal, reason, message } = terminated;
  const how = signal ? `signal ${signal}` : `status ${exitCode}`;
  const said = lastLine(message ?? '');
  return failed(plan, `the agent ended with ${how} (${reason ?? 'no reason'})`, said ? [said] : []);
}

function cannotStart(waiting: { reason?: string; message?: string } | undefined): boolean {
  return startTroubles.has(waiting?.reason ?? '') && !notHeardYet.test(waiting?.message ?? '');
}

/** What a container said last, from its termination message. */
export function lastLine(text: string): string | undefined {
  const line = text.trimEnd().split('\n').at(-1);
  return line ? bounded(line) : undefined;
}

/** An event about the Job or its pod: a failure, a step to tell, or nothing of interest. */
export function agentEvent(
  plan: AgentPlan,
  event: RawEvent,
): { readonly error?: KdevError; readonly progress?: string } {
  const { reason, message } = event;
  if (reason === 'Pulling') return { progress: `pulling ${plan.image} on ${plan.target.node}` };
  if (reason === 'Pulled') return { progress: `starting the agent on ${plan.target.node}` };
  if (reason !== 'FailedCreate') return {};
  const { namespace } = plan;
  const refused = { message: message ?? '', namespace, what: "the agent's pod" };
  return {
    error: admissionRefusal(refused, undefined) ?? notPlaced(plan, eventWords(event)),
  };
}

/** By what the node is, the one way that leads there first. */
function imageUnavailable(plan: AgentPlan, evidence: string): KdevError {
  const { target, image } = plan;
  return kdevError('AGENT_IMAGE_UNAVAILABLE', {
    fact: `node ${target.node} cannot get the image ${image}`,
    evidence,
    hints: imageHints(imageWay(target), image),
  });
}

function imageHints(way: ImageWay, image: string): [Hint, ...Hint[]] {
  // A name with a registry was somebody's choice: it may only lack the image.
  const isNamed = /^[^/]*[.:][^/]*\/|^localhost\//.test(image);
  const isOwn = image.startsWith('kdev/runtime:');
  const push: Hint = {
    who: 'you',
    text: isNamed
      ? 'builds it and brings it there; a private registry needs the pull secret that the target has'
      : 'builds it and brings it to a registry that the cluster pulls from; then set x-kdev.agent.image to that name',
    command: `kdev image push ${isNamed ? image : pushName(way.kind === 'push' ? way : {}, image)}`,
  };
  const why: Hint = { who: 'you', text: 'see docs/getting-started.md, "kdev\'s image"' };
  if (way.kind !== 'load') return [push, why];
  const load: Hint = {
    who: 'you',
    text: `carries it into ${way.tool}, without a registry`,
    command: `kdev image load ${isOwn ? '' : `--tag ${image} `}--cluster ${way.cluster}`,
  };
  return [load, push, why];
}

export function unschedulable(plan: AgentPlan, evidence: string): KdevError {
  return kdevError('AGENT_UNSCHEDULABLE', {
    fact: `node ${plan.target.node}, where ${plan.target.name} runs, has no place for the agent`,
    evidence,
    hints: [
      {
        who: 'admin',
        text: `frees ${requestWords} there`,
        command: `kubectl describe node ${plan.target.node}`,
      },
    ],
  });
}

/** The cluster took the Job, and nothing came of it. */
export function notPlaced(plan: AgentPlan, evidence: string): KdevError {
  return kdevError('AGENT_NOT_READY', {
    fact: `no pod was made for the agent's Job in namespace ${plan.namespace}`,
    evidence,
    hints: [look(plan)],
  });
}

export function notReadyInTime(plan: AgentPlan, awaited: string): KdevError {
  return kdevError('AGENT_NOT_READY', {
    fact: 'the agent does not become ready in time',
    evidence: awaited,
    hints: [look(plan)],
  });
}

export function failed(plan: AgentPlan, fact: string, evidence: readonly string[]): KdevError {
  return kdevError('AGENT_FAILED', {
    fact,
    ...(evidence.length > 0 ? { evidence: evidence.join('\n') } : {}),
    hints: [
      { who: 'kdev', text: `this is a bug, unless image ${plan.image} is not kdev's: report it` },
    ],
  });
}

function look({ namespace }: AgentPlan): Hint {
  return {
    who: 'admin',
    text: 'sees in the events what holds it up',
    command: `kubectl get events -n ${namespace} --sort-by .lastTimestamp`,
  };
}
