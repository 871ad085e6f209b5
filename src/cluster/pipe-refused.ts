import { bounded } from './api-failure.ts';

/** The two ways to the agent through the API server, best first. */
export type Rung = 'pods/proxy' | 'port-forward';

/**
 * Why a pipe could not be opened. `lasting`: the same answer is to be expected next time (no right, no route to the
 * pod's address, an intermediary that takes upgrades away); else it says something of this moment (no one listens yet).
 */
export class PipeRefused extends Error {
  override readonly name = 'PipeRefused';
  readonly code: string;
  readonly rung: Rung;
  readonly lasting: boolean;
  readonly why: string;

  constructor(rung: Rung, { code, why, lasting, cause }: Refusal) {
    super(`${rung}: ${bounded(why)}`, { cause });
    this.rung = rung;
    this.why = bounded(why);
    this.code = code;
    this.lasting = lasting;
  }
}

interface Refusal {
  readonly code: string;
  readonly why: string;
  readonly lasting: boolean;
  readonly cause?: unknown;
}

/** What an answer other than the wanted 101 says. */
export function refusedByAnswer(rung: Rung, status: number, message: string): PipeRefused {
  const why = `HTTP ${status}: ${message}`;
  if (/connection refused/i.test(message)) {
    return new PipeRefused(rung, { code: 'ECONNREFUSED', why, lasting: false });
  }
  const code = codes[status] ?? 'EPROTO';
  // Above 500 the API server says how it fared on the way to the pod. 2xx to 4xx: no right, or something between us
  // takes the upgrade away. 401 and 404 are cured elsewhere: by new credentials, by another pod.
  const unreachable = /timeout|timed out|no route to host|network is unreachable/i.test(message);
  const lasting = status < 500 ? status !== 401 && status !== 404 : unreachable;
  return new PipeRefused(rung, { code, why, lasting });
}

const codes: Readonly<Record<number, string>> = { 401: 'EAUTH', 403: 'EACCES', 404: 'ENOENT' };
