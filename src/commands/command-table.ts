import type { Command, Sections, TableEntry } from './command.ts';
import { cleanForm } from './forms/clean-form.ts';
import { completionForm } from './forms/completion-form.ts';
import { composeForm } from './forms/compose-form.ts';
import { configForm } from './forms/config-form.ts';
import { devcontainerForm } from './forms/devcontainer-form.ts';
import { doctorForm } from './forms/doctor-form.ts';
import { dumpForm } from './forms/dump-form.ts';
import { envForm } from './forms/env-form.ts';
import { execForm } from './forms/exec-form.ts';
import { explainForm } from './forms/explain-form.ts';
import { gatherLogsForm } from './forms/gather-logs-form.ts';
import { helpForm } from './forms/help-form.ts';
import { imageForm } from './forms/image-form.ts';
import { initForm } from './forms/init-form.ts';
import { logsForm } from './forms/logs-form.ts';
import { lsForm } from './forms/ls-form.ts';
import { runForm } from './forms/run-form.ts';
import { statusForm } from './forms/status-form.ts';
import { stopForm } from './forms/stop-form.ts';
import { versionForm } from './forms/version-form.ts';

/**
 * Every command of kdev, in the sections of `kdev help`. Help, completion and the test of docs/commands.md are made from
 * it. A form is data alone, and in a file without imports that take time.
 */
export const commandSections: Sections = [
  [
    { form: initForm, load: async () => (await import('./init.ts')).init },
    {
      form: composeForm,
      load: async () => (await import('./compose.ts')).compose,
      handsWordsOn: true,
    },
    {
      form: devcontainerForm,
      load: async () => (await import('./devcontainer/devcontainer.ts')).devcontainer,
      handsWordsOn: true,
    },
    {
      form: runForm,
      load: async () => (await import('./container/run-container.ts')).runContainer,
      handsWordsOn: true,
    },
    {
      form: execForm,
      load: async () => (await import('./container/exec-container.ts')).execContainer,
      handsWordsOn: true,
    },
    {
      form: stopForm,
      load: async () => (await import('./container/stop-container.ts')).stopContainer,
    },
  ],
  [
    { form: lsForm, load: async () => (await import('./ls.ts')).ls },
    { form: statusForm, load: async () => (await import('./status.ts')).status },
    { form: explainForm, load: async () => (await import('./explain.ts')).explain },
    { form: envForm, load: async () => (await import('./env.ts')).env },
    { form: dumpForm, load: async () => (await import('./dump.ts')).dump },
    { form: logsForm, load: async () => (await import('./logs.ts')).logs },
    { form: doctorForm, load: async () => (await import('./doctor/doctor.ts')).doctor },
  ],
  [
    {
      form: gatherLogsForm,
      load: async () => (await import('./gather-logs/gather-logs.ts')).gatherLogs,
    },
    { form: cleanForm, load: async () => (await import('./clean.ts')).clean },
    { form: imageForm, load: async () => (await import('./image.ts')).image },
    { form: configForm, load: async () => (await import('./config-command.ts')).config },
    {
      form: completionForm,
      load: async () => (await import('./completion/completion.ts')).completion,
    },
    { form: versionForm, load: async () => (await import('./version.ts')).version },
    { form: helpForm, load: async () => (await import('./help.ts')).help },
  ],
];

/** What shells and kdev itself run: nobody types these. */
const processes: Readonly<Record<string, () => Promise<Command>>> = {
  __complete: async () => (await import('./completion/complete.ts')).complete,
  __session: async () => {
    const { runSession } = await import('../session/run-session.ts');
    // Whatever Docker or the cluster has not answered yet keeps it no longer.
    return async ([project = ''], { kdev }) => process.exit(await runSession({ project, kdev }));
  },
  __aftermath: async () => {
    const { runAftermath } = await import('../session/run-aftermath.ts');
    return ([project = '']) => runAftermath(project);
  },
};

export function findEntry(name: string): Pick<TableEntry, 'load' | 'handsWordsOn'> | undefined {
  const load = Object.hasOwn(processes, name) ? processes[name] : undefined;
  if (load) return { load, handsWordsOn: true };
  return commandSections.flat().find(({ form }) => form.name === name);
}
