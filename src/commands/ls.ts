import { listTargets } from '../cluster/list-targets.ts';
import { type Hint, isKdevError, KdevError } from '../errors/kdev-error.ts';
import { deadline } from '../runtime/deadline.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { lsForm } from './forms/ls-form.ts';
import { targetsText } from './ls-text.ts';
import type { ClusterOptions, ProjectOptions } from './open-project.ts';
import { type Format, printData, resultTerminal } from './results.ts';
import { openStory, sayWrapped } from './story.ts';

type LsOptions = ClusterOptions & ProjectOptions & { readonly output: Format };

const deadlineMs = 20_000;

/** `kdev ls`: the targets of the namespace, the ports that could be intercepted, and other sessions on them. */
export async function ls(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<LsOptions>(lsForm, args);
  if (!asked) return 0;
  const { output } = asked.options;
  const cluster = await chooseCluster(asked.options, process.env);
  try {
    const { targets, gaps } = await listTargets(cluster, deadline(deadlineMs)).catch(orElsewhere);
    const { context, namespace } = cluster;
    if (output === 'json' || output === 'yaml') {
      await printData(output, {
        context: context.value,
        namespace: namespace.value,
        gaps,
        targets,
      });
      return 0;
    }
    const story = openStory(around);
    sayWrapped(
      story,
      `namespace ${namespace.value} (${namespace.from}), context ${context.value} (${context.from})`,
    );
    const terminal = resultTerminal();
    const isWide = output === 'wide';
    process.stdout.write(targetsText(targets, { isWide, terminal, now: new Date() }));
    for (const gap of gaps) sayWrapped(story, gap);
    return 0;
  } finally {
    cluster.close();
  }
}

/** Most who may not list in a namespace mean another one. */
export function orElsewhere(error: unknown): never {
  if (!isKdevError(error, 'RBAC_DENIED')) throw error;
  const hint: Hint = {
    who: 'you',
    text: 'looks in another namespace',
    command: 'kdev ls -n NAMESPACE',
  };
  throw new KdevError(error.kind, { ...error.toPlain(), hints: [hint, ...error.hints] }, error);
}
