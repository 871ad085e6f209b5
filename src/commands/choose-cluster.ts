import { type Cluster, openCluster } from '../cluster/cluster.ts';
import { findComposeFiles } from '../compose/compose-files.ts';
import type { ResolvedProject } from '../compose/read-project.ts';
import { mayHaveXKdev } from '../compose/x-kdev-in-files.ts';
import { pickPlace } from '../config/resolve-settings.ts';
import { chosenBy } from '../session/decide.ts';
import {
  type ClusterOptions,
  openProject,
  type ProjectOptions,
  projectCommandLine,
  settingFlags,
} from './open-project.ts';
import { settingsSources } from './settings-sources.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The cluster that a command without a service means: by flag, variable, project, user file, kubeconfig. The caller closes it. */
export async function chooseCluster(
  options: ClusterOptions & ProjectOptions,
  env: Environment,
): Promise<Cluster> {
  const isSaid = options.context !== undefined && options.namespace !== undefined;
  const project = isSaid ? undefined : await projectWithXKdev(options);
  return chooseClusterIn(project, options, env);
}

/** The same with the project at hand, if any. */
export function chooseClusterIn(
  project: Pick<ResolvedProject, 'xKdev' | 'locate'> | undefined,
  { context, namespace }: ClusterOptions,
  env: Environment,
): Cluster {
  const flags = settingFlags({ context, namespace });
  const { values, origins } = pickPlace(settingsSources(project, flags, env));
  return openCluster({ ...chosenBy({ ...values, origins }), env });
}

/** Compose is asked only where the files have x-kdev, or a service is to be found in them. */
export async function projectWithXKdev(
  options: ProjectOptions,
  { isNeeded }: { readonly isNeeded: boolean } = { isNeeded: false },
): Promise<ResolvedProject | undefined> {
  const around = { directory: process.cwd(), environment: process.env };
  const found = findComposeFiles(projectCommandLine(options), around);
  const isThere = found.files.length > 0 && (await mayHaveXKdev(found, undefined));
  if (!isThere && !isNeeded) return undefined;
  return (await openProject(options)).project;
}
