import { kubeconfigSecrets } from '../../cluster/kubeconfig-secrets.ts';
import { maskProject } from '../../compose/mask-project.ts';
import { mapAt } from '../../compose/model.ts';
import { findSession } from '../../session/join-session.ts';
import type { GatheredFrom } from './gather-parts.ts';

/** Every value that kdev knows and that must not leave the machine: of pods, project, kubeconfig and this process. */
export async function knownSecrets({ work, sessions }: GatheredFrom): Promise<readonly string[]> {
  // What a session does not tell is in no log of kdev's either: values are never logged.
  const pods = await Promise.all(sessions.map(({ project }) => podValues(project).catch(() => [])));
  return [
    ...pods.flat(),
    ...(work ? maskProject(work.project.model, '').secrets : []),
    ...kubeconfigSecrets(process.env),
    ...ownSecrets(process.env),
  ];
}

async function podValues(project: string): Promise<readonly string[]> {
  const client = await findSession(project);
  if (!client) return [];
  try {
    const { services } = await client.call('status', {});
    const answers = await Promise.all(
      services.map(({ service }) => client.call('environment', { service })),
    );
    return answers.flatMap(({ held }) => [
      ...valuesOf(held?.environment ?? ''),
      ...Object.values(held?.rules.override ?? {}),
    ]);
  } finally {
    client.close();
  }
}

/** Of an environment as the session tells it: NUL-separated, in base64. */
function valuesOf(environment: string): readonly string[] {
  return Buffer.from(environment, 'base64')
    .toString()
    .split('\0')
    .map((entry) => entry.slice(entry.indexOf('=') + 1));
}

/** What this process was given under a name that says secret. */
function ownSecrets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /TOKEN|SECRET|PASSW|KEY|CREDENTIAL/i.test(name) && value ? [value] : [],
  );
}

/** Names that stand everywhere and say nothing: where a variable holds one, it stays readable. */
export function publicNames({ work, sessions }: GatheredFrom): ReadonlySet<string> {
  const services = sessions.flatMap(({ project, services: all }) => [
    project,
    ...all.flatMap(({ service, decision }) => {
      const { context, namespace, agentNamespace, image, target } = decision;
      const { name, pod, container } = target;
      const told = [service, context.value, namespace.value, agentNamespace, image];
      return [...told, name, name.split('/')[1] ?? '', pod, container];
    }),
  ]);
  const own = work
    ? [work.project.name, ...Object.keys(mapAt(work.project.model, 'services'))]
    : [];
  return new Set([...services, ...own]);
}
