import { MARKS } from '../network-plan.ts';

/** What becomes of a held SYN: it goes on with a mark that the rules act upon, or is dropped, so that connect() waits. */
export type SynVerdict =
  | { readonly verdict: 'accept'; readonly mark: number }
  | { readonly verdict: 'drop' };

const DROP: SynVerdict = { verdict: 'drop' };
const REFUSE: SynVerdict = { verdict: 'accept', mark: MARKS.refuse };
const HOST_UNREACHABLE: SynVerdict = { verdict: 'accept', mark: MARKS.hostUnreachable };
export const NET_UNREACHABLE: SynVerdict = { verdict: 'accept', mark: MARKS.netUnreachable };

/**
 * The answer that gives the service's connect() the errno of the agent's, as far as a packet can say it: RFC 792 knows
 * no more than these. A dial that timed out is left to the service's own timer, which started before the agent's.
 */
const VERDICTS: Readonly<Record<string, SynVerdict>> = {
  ECONNREFUSED: REFUSE,
  EHOSTUNREACH: HOST_UNREACHABLE,
  EHOSTDOWN: HOST_UNREACHABLE,
  ENETUNREACH: NET_UNREACHABLE,
  ENETDOWN: NET_UNREACHABLE,
  // The pod's kernel has no IPv6: a program there that asks for such a socket is told another errno, at socket().
  EAFNOSUPPORT: NET_UNREACHABLE,
  ETIMEDOUT: DROP,
  ECANCELED: DROP,
  EAGAIN: DROP,
};

/** The verdict for an errno name; one that has no packet of its own (EPERM, EADDRNOTAVAIL, EMFILE) says "host unreachable". */
export function judgeDial(code: string): SynVerdict {
  return Object.hasOwn(VERDICTS, code) ? (VERDICTS[code] ?? HOST_UNREACHABLE) : HOST_UNREACHABLE;
}
