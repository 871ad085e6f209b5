/** What everything of kdev's in Docker carries; the names are stable. */
export const sessionLabel = 'kdev.dev/session';
export const projectLabel = 'kdev.dev/project';
export const serviceLabel = 'kdev.dev/service';
export const partLabel = 'kdev.dev/part';
/** The folder on the session's machine in which it meets the sidecar: it tells one user's sessions from another's. */
export const linkLabel = 'kdev.dev/link';

/** The target of a service in words, for whoever finds its stopped containers. */
export const targetLabel = 'kdev.dev/target';

/** The name of a container of `kdev run`. */
export const runLabel = 'kdev.dev/run';
/** Its compose project is called by its name behind this. */
export const runProjectPrefix = 'kdev-run-';

/** What an image says of itself. */
export const versionLabel = 'kdev.dev/version';
export const protocolLabel = 'kdev.dev/protocol';
/** A digest of what it was built from. */
export const contentLabel = 'kdev.dev/content';
/** What it was built on, where that is not the public base. */
export const baseLabel = 'kdev.dev/base';

/** Compose's own. */
export const composeProjectLabel = 'com.docker.compose.project';
export const composeServiceLabel = 'com.docker.compose.service';
export const composeFolderLabel = 'com.docker.compose.project.working_dir';

/** The engine's filter for objects that carry all of these labels, whatever their value where it is undefined. */
export function labelFilter(labels: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(labels).map(([name, value]) =>
    value === undefined ? name : `${name}=${value}`,
  );
}
