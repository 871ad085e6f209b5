import { listTargets } from '../cluster/list-targets.ts';
import { type ClusterOptions, chooseCluster, clusterOptions } from './choose-cluster.ts';
import { type CommandForm, parseCommand } from './command-form.ts';
import { targetsText } from './ls-text.ts';
import { type Format, formatOption, printData, resultTerminal } from './results.ts';

export const lsForm: CommandForm = {
  name: 'ls',
  summary: 'What of the namespace a service can stand for, and who holds it.',
  options: [...clusterOptions, formatOption],
  examples: [
    ['kdev ls', "the targets of the context's namespace"],
    ['kdev ls -n shop -o wide', 'with the pods of deployments, and the agents'],
  ],
};

const deadlineMs = 20_000;

/** `kdev ls`: the targets of the namespace, the ports that could be intercepted, and other sessions on them. */
export async function ls(args: readonly string[]): Promise<number> {
  const asked = parseCommand<ClusterOptions & { readonly output: Format }>(lsForm, args);
  if (!asked) return 0;
  const { output } = asked.options;
  const cluster = chooseCluster(asked.options, process.env);
  try {
    const { targets, gaps } = await listTargets(cluster, AbortSignal.timeout(deadlineMs));
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
    process.stderr.write(
      `namespace ${namespace.value} (${namespace.from}), context ${context.value} (${context.from})\n`,
    );
    const terminal = resultTerminal(output);
    const isWide = output === 'wide';
    process.stdout.write(targetsText(targets, { isWide, terminal, now: new Date() }));
    for (const gap of gaps) process.stderr.write(`${gap}\n`);
    return 0;
  } finally {
    cluster.close();
  }
}
