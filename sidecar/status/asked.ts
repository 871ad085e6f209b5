import type { ExplainQuestion, Explanation, SidecarStatus } from '../../src/protocol/launch.ts';

/** What may be asked of the sidecar from within its container, as one line of JSON; the answer is another. */
export type Asked =
  | { readonly ask: 'status' }
  | { readonly ask: 'explain'; readonly question: ExplainQuestion };

export interface Answers {
  readonly status: SidecarStatus;
  readonly explain: Explanation;
}

/** Longest question that is read. */
export const ASKED_BYTES = 16 * 1024;
