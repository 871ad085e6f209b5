import { unknownVariables, unknownWords } from '../config/known-variables.ts';
import { pickSettings, pickShared } from '../config/resolve-settings.ts';
import { projectWithXKdev } from './choose-cluster.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { settingRows, settingsData } from './config-text.ts';
import { configViewForm } from './forms/config-form.ts';
import { type ProjectOptions, refuseUnknownService, settingFlags } from './open-project.ts';
import { type Format, printRows } from './results.ts';
import { settingsSources } from './settings-sources.ts';
import { openStory } from './story.ts';

type ViewOptions = ProjectOptions & { readonly origin?: boolean; readonly output: Format };

/** `kdev config view [SERVICE]`: of each service with x-kdev; without one, what would hold for it. */
export async function configView(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<ViewOptions>(configViewForm, args);
  if (!asked) return 0;
  const { options, words } = asked;
  const [wanted] = words;
  const project = await projectWithXKdev(options, { isNeeded: wanted !== undefined });
  if (wanted !== undefined && project) refuseUnknownService({ project }, wanted);
  const sources = settingsSources(project, settingFlags(options), process.env);
  const of = pickSettings(sources).filter(({ service }) => service === (wanted ?? service));
  const picked = of.length > 0 ? of : [{ service: wanted, ...pickShared(sources) }];
  const { output, origin: hasOrigin = output === 'wide' } = options;
  await printRows(output, {
    ...settingRows(picked, { hasOrigin }),
    data: { settings: settingsData(picked) },
  });
  const unknown = unknownVariables(process.env);
  if (unknown.length > 0) openStory(around).say(unknownWords(unknown));
  return 0;
}
