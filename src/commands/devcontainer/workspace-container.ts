import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { parseRunWords } from '../../docker-run/parse-run.ts';
import { allOf, type Given, lastOf } from '../../docker-run/parse-words.ts';

/** `docker run` as the Dev Containers CLI calls it for a workspace of `image` or `build`. */
export interface WorkspaceRun {
  readonly given: Given;
  readonly image: string;
  readonly command: readonly string[];
  /** devcontainer.json. */
  readonly configFile: string;
  readonly folder: string;
}

/** What the Dev Containers CLI and VS Code put on a workspace's container. */
export const folderLabel = 'devcontainer.local_folder';
export const configLabel = 'devcontainer.config_file';

/** How it is attached is kdev's to decide: the workspace outlives whoever starts it. */
const ofTheTerminal = ['attach', 'sig-proxy', 'detach', 'rm'];

/** Undefined where the words are not of a workspace. */
export function parseWorkspaceRun(words: readonly string[]): WorkspaceRun | undefined {
  const { given, words: rest } = parseRunWords(words);
  const [image, ...command] = rest;
  const label = (name: string) =>
    allOf(given, 'label')
      .map((one) => one.split('='))
      .find(([key]) => key === name)
      ?.slice(1)
      .join('=');
  const [configFile, folder] = [label(configLabel), label(folderLabel)];
  if (image === undefined || configFile === undefined || folder === undefined) return undefined;
  const kept = [...given].filter(([name]) => !ofTheTerminal.includes(name));
  return { given: new Map(kept), image, command, configFile, folder };
}

/** Names that stay the same as long as devcontainer.json lies where it does. */
export function workspaceNames({
  configFile,
  folder,
  given,
}: Pick<WorkspaceRun, 'configFile' | 'folder'> & Partial<Pick<WorkspaceRun, 'given'>>): {
  readonly project: string;
  readonly service: string;
  readonly container: string;
} {
  const service =
    basename(folder)
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[-_]+|[-_]+$/g, '') || 'workspace';
  const place = createHash('sha256').update(configFile).digest('hex').slice(0, 6);
  const project = `${service}-devcontainer-${place}`;
  return { service, project, container: (given && lastOf(given, 'name')) ?? project };
}
