import { unknownVariables, unknownWords } from '../config/known-variables.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { counted } from '../screen/counted.ts';
import { type Opening, openingLine } from '../screen/story.ts';
import { type Aftermath, cleanAfter, takeAftermath } from '../session/aftermath.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { timeWords } from './log-line.ts';
import type { Story } from './story.ts';
import type { Work } from './work.ts';

/** Sees to what a dead session of the project left, and says what was found and removed. */
export async function settleAftermath(project: string, story: Story): Promise<void> {
  const folder = folderOf(project);
  const session = await findSession(project);
  if (session) session.close();
  else await cleanAfter(folder);
  tellAftermath(project, story);
}

export function tellAftermath(project: string, story: Story): void {
  const aftermath = takeAftermath(folderOf(project));
  if (aftermath) story.say(aftermathWords(aftermath));
}

/** Which session died, when, and what of it was removed. */
export function aftermathWords(aftermath: Aftermath): string {
  const { project, containers, networks, clusterObjects, failures, at } = aftermath;
  const parts = [
    count(containers.length, 'container'),
    count(networks.length, 'network'),
    count(clusterObjects.length, 'object', ' in the cluster'),
  ].filter(Boolean);
  const removed = parts.length > 0 ? `removed: ${parts.join(', ')}` : 'nothing was left of it';
  return [
    `The former session of ${project} had died (${timeWords(new Date(at), new Date())}); ${removed}.`,
    ...failures.map((failure) => `  could not be removed: ${failure}`),
  ].join('\n');
}

function count(many: number, what: string, where = ''): string {
  if (many === 0) return '';
  return `${counted(many, what)}${where}`;
}

/** What a command is about to bring up. A variable that only looks like one of kdev's is told: it changes nothing. */
export function sayOpening(
  {
    project: { name: project },
    isOpened,
    environment,
  }: Pick<Work, 'project' | 'isOpened' | 'environment'>,
  story: Story,
  { inCluster, local }: Pick<Opening, 'inCluster' | 'local'>,
): void {
  const version = isOpened ? undefined : installedPackage().version;
  story.say(`${openingLine({ version, project, inCluster, local }, story.terminal)}\n`);
  const unknown = unknownVariables(environment);
  if (unknown.length > 0) story.say(unknownWords(unknown));
}
