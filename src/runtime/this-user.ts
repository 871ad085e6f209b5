import { hostname, userInfo } from 'node:os';

export interface ThisUser {
  /** -1 where the system has none. */
  readonly uid: number;
  /** `ada@laptop`; the number stands for a name that the system does not know, as in many a container. */
  readonly owner: string;
}

export function thisUser(name: () => string = () => userInfo().username): ThisUser {
  const uid = process.getuid?.() ?? -1;
  return { uid, owner: `${nameOr(String(uid), name)}@${hostname()}` };
}

function nameOr(otherwise: string, name: () => string): string {
  try {
    return name();
  } catch {
    return otherwise;
  }
}
