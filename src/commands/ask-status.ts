import type { SessionStatus } from '../session/control.ts';
import { findSession } from '../session/join-session.ts';

/** What the project's session says of itself; undefined where none runs. */
export async function askStatus(project: string): Promise<SessionStatus | undefined> {
  const client = await findSession(project);
  if (!client) return undefined;
  try {
    return await client.call('status', {});
  } finally {
    client.close();
  }
}
