import type { ResolvedProject } from '../compose/read-project.ts';
import type { SettingsSources } from '../config/resolve-settings.ts';
import { readUserFile } from '../config/user-file.ts';
import { defaultImage } from '../docker/images.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a project's settings come from; without a project, those of its user. */
export function settingsSources(
  project: Pick<ResolvedProject, 'xKdev' | 'locate'> | undefined,
  flags: Readonly<Record<string, string>>,
  environment: Environment,
): SettingsSources {
  return {
    services: project?.xKdev.services ?? new Map(),
    project: project?.xKdev.project,
    flags,
    environment,
    user: readUserFile(environment),
    locate: project?.locate ?? (() => undefined),
    defaultImage: defaultImage(),
  };
}
