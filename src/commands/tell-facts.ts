import type { RenderedProject } from '../compose/render-project.ts';
import type { ServicePlan } from '../compose/service-plan.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { serviceText } from '../screen/story.ts';
import { factWords } from './fact-words.ts';
import type { Story } from './story.ts';

interface Planned {
  readonly rendered: Pick<RenderedProject, 'shadowed'>;
  readonly plans: readonly ServicePlan[];
}

/** What each service has of its pod, as far as it is known only now. */
export function tellFacts(
  { settings }: { readonly settings: readonly ServiceSettings[] },
  { rendered, plans }: Planned,
  story: Pick<Story, 'say' | 'terminal'>,
): void {
  const columns = Math.max(...plans.map(({ service }) => service.length), 8);
  for (const plan of plans) {
    const { origins = {} } = settings.find(({ service }) => service === plan.service) ?? {};
    const shadowed = rendered.shadowed
      .filter(({ service }) => service === plan.service)
      .map(({ path }) => path);
    const lines = factWords(plan, origins, shadowed);
    story.say(serviceText(plan.service, lines, story.terminal, columns));
  }
}
