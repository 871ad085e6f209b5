import { appendFileSync, renameSync, statSync } from 'node:fs';

export type Log = (text: string) => void;

const fileBytes = 2 * 1024 * 1024;

/**
 * Appends one line a fact, with its time. No payload, no environment value and no key is ever told to it. The file
 * before is kept under `.old` when it grows large.
 */
export function openLog(path: string): Log {
  return (text) => {
    const line = `${new Date().toISOString()} ${text.replaceAll('\n', ' | ')}\n`;
    try {
      if (sizeOf(path) > fileBytes) renameSync(path, `${path}.old`);
      appendFileSync(path, line, { mode: 0o600 });
    } catch {
      // A full disk must not end a session.
    }
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
