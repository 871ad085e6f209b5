import { kdevError } from '../errors/kdev-error.ts';
import type { ExplainQuestion } from '../protocol/launch.ts';
import { hangText } from '../screen/text-width.ts';
import type { Explained } from '../session/control.ts';
import { findSession } from '../session/join-session.ts';
import { misused, parseCommand } from './command-form.ts';
import { explanationRows, explanationWords, parseQuestion } from './explain-words.ts';
import { explainForm } from './forms/explain-form.ts';
import { inRunsWords } from './in-runs-words.ts';
import { openProjectOf, type ProjectOptions, type ServedProject } from './open-project.ts';
import { printRows, resultTerminal, type WordsFormat } from './results.ts';
import { interceptedServices } from './work.ts';

type ExplainOptions = ProjectOptions & { readonly output: WordsFormat };

/** `kdev explain SERVICE WHAT`: the sidecar decides, as it does for the service, and tries. */
export async function explain(args: readonly string[]): Promise<number> {
  const asked = parseCommand<ExplainOptions>(explainForm, args);
  if (!asked) return 0;
  const [service = '', what = ''] = asked.words;
  const { output } = asked.options;
  const question = parseQuestion(what);
  if (!question)
    throw misused(
      explainForm,
      `${what} is no NAME[:PORT], ADDRESS[:PORT], udp://NAME:PORT or /PATH`,
    );
  const work = await openProjectOf(service, asked.options);
  const ask = () => askSidecar(work, service, question);
  const { decision, origins, explanation } = await (work.run ? inRunsWords(work.run, ask) : ask());
  const about = { target: decision.target, origins };
  if (output === 'text') {
    const lines = explanationWords(question, explanation, about);
    const { columns } = resultTerminal();
    process.stdout.write(lines.map((line) => `${hangText(line, columns)}\n`).join(''));
  } else {
    const { target } = decision;
    await printRows(output, {
      ...explanationRows(question, explanation, about),
      data: { service, target: target.name, pod: target.pod, question, explanation },
    });
  }
  return 0;
}

async function askSidecar(work: ServedProject, service: string, question: ExplainQuestion) {
  const { name } = work.project;
  if (!interceptedServices(work).includes(service)) throw isPlain(service);
  const client = await findSession(name);
  const explained = await client
    ?.call('explain', { service, question })
    .finally(() => client.close());
  return explained?.explained ?? notUp(service);
}

function isPlain(service: string) {
  return kdevError('SERVICE_UNKNOWN', {
    fact: `service ${service} has no x-kdev: all of it is plain Compose, and no sidecar could tell`,
    hints: [{ who: 'you', text: `give it a target: x-kdev: {target: deployment/${service}}` }],
  });
}

function notUp(service: string): Explained {
  throw kdevError('SESSION_ABSENT', {
    fact: `${service} is not up, and where something goes is told by its sidecar`,
    hints: [{ who: 'you', text: 'brings it up', command: 'kdev compose up -d' }],
  });
}
