/** What kdev writes on its objects, and reads on those of other sessions. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const SESSION = 'kdev.dev/session';
export const SERVICE = 'kdev.dev/service';
export const TARGET_UID = 'kdev.dev/target-uid';
/** On the agent's pod: the name of its Job. */
export const AGENT = 'kdev.dev/agent';

export const OWNER = 'kdev.dev/owner';
export const WHAT = 'kdev.dev/what';
export const TARGET = 'kdev.dev/target';
export const PORTS = 'kdev.dev/ports';
export const MODE = 'kdev.dev/mode';
/** Which HTTP requests, in words; absent where all are. */
export const FILTER = 'kdev.dev/filter';
export const SINCE = 'kdev.dev/since';

/** Selects all that kdev made, or all of one session. */
export function madeByKdev(session?: string): string {
  const managed = `${MANAGED_BY}=kdev`;
  return session === undefined ? `${managed},${SESSION}` : `${managed},${SESSION}=${session}`;
}
