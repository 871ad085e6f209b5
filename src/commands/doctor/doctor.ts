import { openCluster } from '../../cluster/cluster.ts';
import type { ServiceSettings } from '../../config/settings.ts';
import { chosenBy } from '../../session/decide.ts';
import { chooseClusterIn } from '../choose-cluster.ts';
import { parseCommand } from '../command-form.ts';
import { doctorForm } from '../forms/doctor-form.ts';
import type { ClusterOptions, ProjectOptions } from '../open-project.ts';
import { printRows, resultTerminal, type WordsFormat } from '../results.ts';
import type { Work } from '../work.ts';
import type { Check } from './check.ts';
import { checkCluster, type PlaceToCheck } from './check-cluster.ts';
import { checkMachine } from './check-machine.ts';
import { checkProject, readForChecks } from './check-project.ts';
import { doctorRows, doctorText } from './doctor-text.ts';

type DoctorOptions = ProjectOptions & ClusterOptions & { readonly output: WordsFormat };

/** `kdev doctor`: the exit code is that of the first check that failed. */
export async function doctor(args: readonly string[]): Promise<number> {
  const asked = parseCommand<DoctorOptions>(doctorForm, args);
  if (!asked) return 0;
  const { output } = asked.options;
  const checks = await runChecks(asked.options);
  const data = { checks: checks.map(asData) };
  if (output === 'text') process.stdout.write(doctorText(checks, resultTerminal()));
  else await printRows(output, { ...doctorRows(checks, output), data });
  return checks.find(({ error }) => error)?.error?.exitCode ?? 0;
}

export async function runChecks(
  options: ProjectOptions & ClusterOptions,
): Promise<readonly Check[]> {
  const [{ checks: machine, engine }, { checks: read, work, settings }] = await Promise.all([
    checkMachine(process.env),
    readForChecks(options),
  ]);
  const clusters = await Promise.all(placesOf(settings, { work, options }).map(checkCluster));
  const cluster = withoutTwins(clusters.flat());
  const isClusterUp = !cluster.some(({ state }) => state === 'failed');
  const project = work ? await checkProject({ work, settings, engine, isClusterUp }) : [];
  return [...machine, ...cluster, ...read, ...project];
}

/** The clusters and namespaces that the services want; without any, the one that every other command takes. */
function placesOf(
  settings: readonly ServiceSettings[],
  { work, options }: { readonly work: Work | undefined; readonly options: ClusterOptions },
): PlaceToCheck[] {
  const env = process.env;
  if (settings.length === 0) {
    const open = () => chooseClusterIn(work?.project, options, env);
    return [{ open, agentNamespace: undefined }];
  }
  return settings.map((one) => ({
    open: () => openCluster({ ...chosenBy(one), env }),
    agentNamespace: one.agent.namespace,
  }));
}

/** Several places of one cluster have some checks in common. */
function withoutTwins(checks: readonly Check[]): readonly Check[] {
  const same = (one: Check, other: Check) => one.name === other.name && one.words === other.words;
  return checks.filter((one, index) => checks.findIndex((other) => same(one, other)) === index);
}

/** A check as JSON. */
export function asData({ error, ...rest }: Check) {
  const { code, evidence } = error ?? {};
  return { ...rest, ...(code ? { code } : {}), ...(evidence ? { evidence } : {}) };
}
