import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { dockerAsker } from '../../src/compose/ask-docker.ts';
import { flagArguments, parseCommandLine } from '../../src/compose/command-line.ts';
import { isModel, type Model, serviceAt, without } from '../../src/compose/model.ts';
import { type ResolvedProject, readProject } from '../../src/compose/read-project.ts';
import { readableModel } from '../../src/compose/readable-model.ts';
import { holderName } from '../../src/compose/render-holder.ts';
import { renderProject } from '../../src/compose/render-project.ts';
import { sidecarName } from '../../src/compose/render-sidecar.ts';
import { flagsOfReading, runCompose } from '../../src/compose/run-compose.ts';
import type { ServicePlan } from '../../src/compose/service-plan.ts';
import { readTemplates } from '../../src/compose/templates.ts';
import { difference } from './difference.ts';

/*
 * A folder of the corpus is one project: its compose files, in `flags` the global flags with which it is read, and in
 * `since`, of those in `newer`, the version of Compose that knows its keys.
 */
const here = fileURLToPath(new URL('.', import.meta.url));

export type Corpus = 'projects' | 'newer' | 'refused';

export function corpusNames(corpus: Corpus): readonly string[] {
  return readdirSync(join(here, corpus)).sort();
}

export function corpusFolder(corpus: Corpus, name: string): string {
  return join(here, corpus, name);
}

/** What a file of the project says, such as `since`; undefined where it has none. */
export function sayingOf(folder: string, file: string): string | undefined {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** What stands in the developer's environment: of this machine's only what docker needs. */
const environment = Object.fromEntries(
  Object.entries({ ...process.env, CORPUS_SHELL: 'of the $SHELL' }).filter(([name]) =>
    /^(PATH|HOME|DOCKER_.*|CORPUS_.*)$/.test(name),
  ),
);

function commandLine(folder: string, command: string) {
  const flags = sayingOf(folder, 'flags')?.split(' ') ?? [];
  return parseCommandLine([...flags, command], []);
}

export async function readCorpusProject(folder: string): Promise<ResolvedProject> {
  return await readProject(commandLine(folder, 'up'), {
    directory: folder,
    environment,
    askDocker: dockerAsker(folder, environment),
    readStandardInput: () => Promise.reject(new Error('not asked for')),
  });
}

/**
 * Renders a project, with what pods might say, and shows it to Compose: each line that tells what comes of it from the
 * user's own. Rejects where Compose refuses it.
 */
export async function renderedDifference(
  project: ResolvedProject,
  planned: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const after = await resolveRendered(project, planned.map(planFor), folder);
  const toHolder = (path: string) => {
    const service = planned.find((name) => path.startsWith(`services.${name}.`));
    return service && path.replace(service, holderName(service));
  };
  const lines = difference(
    withoutXKdev(project.model),
    withNamesShown(after, project, planned),
    toHolder,
  );
  return lines.map((line) =>
    line
      .replaceAll(folder, '.')
      // Only a newer Compose says that it makes no folder for a bind.
      .replace(/\.bind: \{\}$/, '.bind.create_host_path: false'),
  );
}

/** The same facts for every service, whatever the pod. */
function planFor(service: string): ServicePlan {
  return {
    service,
    session: 'q2mfkz7a3bxd',
    target: `deployment/${service}`,
    image: 'kdev/runtime:0.1.0',
    hostname: 'a-pod',
    linkDirectory: '/run/user/1000/kdev/link',
    incoming: { mode: 'mirror', ports: [{ service: 3000, target: 80 }], flush: false },
    outgoing: { local: ['*.internal:5432'], remote: [], podLoopback: [] },
    dns: { local: [], remote: [] },
    environment: {
      values: new Map([['POD_VALUE', 'of the pod: $1 "2"']]),
      unset: ['UNSET_NAME'],
      fromPod: 1,
      leftOut: [],
      refused: [],
    },
    files: {
      mounts: [
        { path: '/etc/pod', stub: 'm/0', how: 'materialise' },
        { path: '/run/secrets/pod-token', stub: 'm/1', how: 'materialise' },
      ],
      materialised: 'kdev-files',
    },
  };
}

async function resolveRendered(
  project: ResolvedProject,
  plans: readonly ServicePlan[],
  folder: string,
): Promise<Model> {
  const compose = runCompose({
    project,
    rendered: renderProject(project, plans, readTemplates()),
    globalFlags: [...flagArguments(commandLine(folder, 'config'), flagsOfReading), '--profile=*'],
    command: 'config',
    args: [],
    directory: folder,
    environment,
    input: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    signals: 'caller',
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    compose.stdout ? text(compose.stdout) : '',
    compose.stderr ? text(compose.stderr) : '',
    compose.ended,
  ]);
  if (exitCode !== 0) throw new Error(`Compose refuses the rendered project: ${stderr}`);
  const model: unknown = parse(stdout, { maxAliasCount: -1, logLevel: 'silent' });
  return isModel(model) ? readableModel(model) : {};
}

function withoutXKdev(model: Model): Model {
  const services = Object.entries(Object(model['services'])).map(([name, service]) => [
    name,
    isModel(service) ? without(service, ['x-kdev']) : service,
  ]);
  return { ...without(model, ['x-kdev']), services: Object.fromEntries(services) };
}

/**
 * The sidecar's configuration is JSON in a variable. Of it counts here which names it leaves to Docker, and of these
 * what is not as anybody would think: each service's own name and its container's.
 */
function withNamesShown(model: Model, project: ResolvedProject, planned: readonly string[]): Model {
  const usual = Object.keys(Object(project.model['services'])).flatMap((name) => [
    name,
    `${project.name}-${name}-1`,
  ]);
  const services = { ...Object(model['services']) };
  for (const name of planned.map(sidecarName)) {
    const { environment: given, ...sidecar } = serviceAt(model, name);
    const names: string[] = JSON.parse(String(Object(given).KDEV_CONFIG)).localNames;
    const expected = usual.map((one) => one.toLowerCase());
    services[name] = {
      ...sidecar,
      localNames: [
        ...names.filter((one) => !expected.includes(one)),
        ...expected.filter((one) => !names.includes(one)).map((one) => `not ${one}`),
      ],
    };
  }
  return { ...model, services };
}
