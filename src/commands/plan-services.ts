import { withoutDependencies } from '../compose/left-out.ts';
import { composeNames, mergeEnvironment } from '../compose/merge-environment.ts';
import { type RenderedProject, renderProject } from '../compose/render-project.ts';
import { namesOnlyPlan, type ServicePlan } from '../compose/service-plan.ts';
import { readTemplates } from '../compose/templates.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { ServiceFacts, UpResult } from '../session/control.ts';
import { type Work, wantedServices } from './work.ts';

/** The project to run: what the session found out, joined with what was asked. */
export function renderWork(
  work: Work,
  settings: readonly ServiceSettings[],
  { session, services, failed }: Omit<UpResult, 'before'>,
): { rendered: RenderedProject; plans: readonly ServicePlan[] } {
  const plans = settings.map((one) => {
    const facts = services.find(({ decision }) => decision.service === one.service);
    if (!facts) throw new Error(`the session said nothing of ${one.service}`);
    return planService(work, one, { session, facts });
  });
  const planned = new Set(plans.map(({ service }) => service));
  // Not brought up now, but not to be taken for strangers either.
  const others = wantedServices(work)
    .filter((service) => !planned.has(service))
    .map((service) => namesOnlyPlan(service, settings[0]?.agent.image ?? ''));
  const missing = failed.map(({ service }) => service);
  const project = { ...work.project, model: withoutDependencies(work.project.model, missing) };
  const rendered = renderProject(project, [...plans, ...others], readTemplates());
  return { rendered, plans };
}

function planService(
  { project }: Work,
  { service, incoming, outgoing, dns, env, agent }: ServiceSettings,
  { session, facts }: { readonly session: string; readonly facts: ServiceFacts },
): ServicePlan {
  const { target, namespace, context, ports, every } = facts.decision;
  return {
    service,
    session,
    target: `${target.name} (${namespace.value}, ${context.value})`,
    image: agent.image,
    hostname: facts.hostname,
    linkDirectory: facts.linkDirectory,
    incoming: {
      mode: incoming.mode,
      ports,
      ...(every ? { every } : {}),
      flush: incoming.flush,
      ...(incoming.filter ? { filter: incoming.filter } : {}),
    },
    outgoing: {
      local: outgoing.local,
      remote: outgoing.remote,
      podLoopback: outgoing.podLoopback,
    },
    dns,
    environment: mergeEnvironment({
      pod: Buffer.from(facts.environment, 'base64'),
      compose: composeNames(project.model, service),
      rules: env,
    }),
    files: facts.files,
  };
}
