import { catalogue, type ErrorName } from '../errors/catalogue.ts';
import { type Hint, KdevError, kdevError } from '../errors/kdev-error.ts';
import type { Chosen } from './chosen.ts';
import { EVIDENCE_BYTES } from './limits.ts';
import { DeadlinePassed } from './with-deadline.ts';

/** The part of a Kubernetes `Status` that tells why a request failed. */
export interface ApiStatus {
  readonly status: number;
  /** The API's word for the reason: `NotFound`, `AlreadyExists`, `Expired` … */
  readonly reason: string;
  readonly message: string;
}

/** The API server answered, and not with what was asked for. Where nobody catches it, it is fit for a person. */
export class ApiRefusal extends KdevError {
  readonly status: number;
  readonly reason: string;

  constructor(
    name: ErrorName,
    words: ConstructorParameters<typeof KdevError>[1],
    answer: ApiStatus,
  ) {
    super(catalogue[name], words);
    this.status = answer.status;
    this.reason = answer.reason;
  }
}

export function isRefusal(error: unknown, status: number): error is ApiRefusal {
  return error instanceof ApiRefusal && error.status === status;
}

export interface Asked {
  readonly server: string;
  readonly proxy: Chosen | undefined;
  readonly user: string;
}

export function apiRefusal(answer: ApiStatus, asked: Asked): ApiRefusal {
  const evidence = answer.message;
  if (answer.status === 401) {
    const fact = `${asked.server} does not accept the credentials of user ${asked.user}`;
    return new ApiRefusal('CREDENTIALS_REJECTED', { fact, evidence, hints: loginHints }, answer);
  }
  const denied = answer.status === 403 ? parseDenied(answer.message) : undefined;
  if (denied) return new ApiRefusal('RBAC_DENIED', { ...deniedWords(denied), evidence }, answer);
  const fact = `${asked.server} answers ${answer.status} ${answer.reason}`.trim();
  return new ApiRefusal('CLUSTER_FAILED', { fact, evidence, hints: failedHints }, answer);
}

const loginHints: readonly Hint[] = [
  {
    who: 'you',
    text: 'they may have expired: log in again, then see',
    command: 'kubectl auth whoami',
  },
];

const failedHints: readonly Hint[] = [
  { who: 'admin', text: 'look how the cluster is', command: 'kubectl get --raw /readyz?verbose' },
];

/** What RBAC refused, from the API server's fixed sentence (apiserver/pkg/endpoints/handlers/responsewriters/errors.go). */
export interface Denied {
  readonly user: string;
  readonly verb: string;
  /** As kubectl names it: `jobs.batch`, `pods/proxy`. */
  readonly resource: string;
  readonly namespace: string | undefined;
}

const deniedSentence =
  /User "([^"]*)" cannot ([a-z]+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/;

export function parseDenied(message: string): Denied | undefined {
  const [, user, verb, resource, group, namespace] = deniedSentence.exec(message) ?? [];
  if (user === undefined || verb === undefined || resource === undefined) return undefined;
  return { user, verb, resource: group ? `${resource}.${group}` : resource, namespace };
}

function deniedWords({ user, verb, resource, namespace }: Denied) {
  const place = namespace ? `in namespace ${namespace}` : 'at the cluster scope';
  const scope = namespace ? `-n ${namespace} ` : '';
  const hint: Hint = {
    who: 'admin',
    text: 'allow it (docs/cluster.md lists all that kdev needs), then check',
    command: `kubectl auth can-i ${verb} ${resource} ${scope}--as ${user}`,
  };
  return { fact: `user ${user} may not ${verb} ${resource} ${place}`, hints: [hint] };
}

/** No answer came: who did not answer, why, and what to look at. Reasons of a caller who gave up pass unchanged. */
export function noAnswer(error: unknown, asked: Asked, signal: AbortSignal): unknown {
  if (error instanceof KdevError || signal.aborted) return error;
  const by = asked.proxy ? `\nby the proxy ${asked.proxy.value} (${asked.proxy.from})` : '';
  const words = { evidence: `${wordsOf(error)}${by}`, cause: error };
  if (isOwnKeyError(error)) return kdevError('KUBECONFIG_UNREADABLE', { ...ownKeyWords, ...words });
  return isCertificateError(error)
    ? kdevError('CLUSTER_CERTIFICATE', { ...certificateWords(asked), ...words })
    : kdevError('CLUSTER_UNREACHABLE', { ...unreachableWords(asked), ...words });
}

const ownKeyWords = {
  fact: "the kubeconfig's certificates or key cannot be used",
  hints: [{ who: 'you', text: 'fails the same way', command: 'kubectl version' }],
} as const;

function certificateWords({ server }: Asked) {
  const hint: Hint = {
    who: 'you',
    text: "see which certificate authority the kubeconfig's cluster names",
    command: 'kubectl config view --minify',
  };
  return { fact: `the certificate of ${server} is not trusted`, hints: [hint] as const };
}

function unreachableWords({ server, proxy }: Asked) {
  const look: Hint = {
    who: 'you',
    text: `is the network, the VPN or the cluster of ${server} up? The same without kdev`,
    command: 'kubectl version',
  };
  const direct: Hint = {
    who: 'you',
    text: 'goes without the proxy, where the server can be reached so',
    command: `export NO_PROXY=${URL.canParse(server) ? new URL(server).hostname : server}`,
  };
  const isChosen = proxy?.from.toLowerCase().endsWith('_proxy') ?? false;
  return {
    fact: `the API server ${server} does not answer`,
    hints: [look, ...(isChosen ? [direct] : [])] as const,
  };
}

function wordsOf(error: unknown): string {
  if (error instanceof DeadlinePassed) return error.message;
  // Node tries each address of a name; the sum of its errors has an empty message.
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ');
  const message = error instanceof Error ? error.message : String(error);
  return bounded(message.replace(/^Bad response: (\d+)$/, 'the proxy answers $1'));
}

/** OpenSSL's own complaint of a file of ours, before anything was sent. */
function isOwnKeyError(error: unknown): boolean {
  return /^ERR_OSSL_(PEM|X509|ASN1|RSA|EVP)/.test(codeOf(error));
}

function isCertificateError(error: unknown): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME|ISSUER/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Text of the other side, short enough to be shown and without control characters. */
export function bounded(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const clean = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').trim();
  return clean.length > EVIDENCE_BYTES ? `${clean.slice(0, EVIDENCE_BYTES)} …` : clean;
}
