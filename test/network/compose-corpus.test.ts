import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isOlder, parseVersion } from '../../src/compose/compose-version.ts';
import type { ResolvedProject } from '../../src/compose/read-project.ts';
import { refuseServices } from '../../src/compose/refuse-services.ts';
import { asKdevError } from '../../src/errors/kdev-error.ts';
import {
  type Corpus,
  corpusFolder,
  corpusNames,
  readCorpusProject,
  renderedDifference,
  sayingOf,
} from '../corpus/corpus-project.ts';
import { missingKeys } from '../corpus/specification.ts';

/*
 * Compose projects of every kind, rendered and shown to the real Compose. What then differs from the user's own stands in
 * each project's rendered.txt, without what is so for every service: that stands in that of `minimal`.
 */
const names = corpusNames('projects');
const atOnce = 3;
const allMs = 100_000;

interface Rendered {
  readonly project: ResolvedProject;
  readonly services: readonly string[];
  readonly planned: readonly string[];
  readonly unplanned: readonly string[];
}

const outcomes = new Map<string, Rendered | Error>();

beforeAll(async () => {
  const waiting = [...names];
  const renderAll = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      outcomes.set(name, await render('projects', name).catch((error: Error) => error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, renderAll));
}, allMs);

async function render(corpus: Corpus, name: string): Promise<Rendered> {
  const folder = corpusFolder(corpus, name);
  const project = await readCorpusProject(folder);
  const services = [...project.xKdev.services.keys()];
  const planned = await renderedDifference(project, services, folder);
  const unplanned = await renderedDifference(project, [], folder);
  return { project, services, planned, unplanned };
}

function outcome(name: string): Rendered {
  const found = outcomes.get(name);
  if (found === undefined || found instanceof Error) throw found ?? new Error(`no ${name}`);
  return found;
}

/** What differs, without what is so for every service; and what of that is not so here. */
function ownLines(found: Rendered): string {
  const { planned } = outcome('minimal');
  const usual = found.services.flatMap((service) =>
    planned.map((line) =>
      line.replaceAll('theservice', service).replaceAll('theproject', found.project.name),
    ),
  );
  const more = found.planned.filter((line) => !usual.includes(line));
  const less = [...new Set(usual)].filter((line) => !found.planned.includes(line));
  return `${[...more, ...less.map((line) => `without ${line}`)].join('\n')}\n`;
}

/** The rewrites that docs/compose.md tells; SERVICE is one with x-kdev. */
const documented: readonly RegExp[] = [
  // The holder takes the network,
  /^[->] services\.SERVICE\.(network_mode|networks\..*|(ports|expose|dns|dns_search|dns_opt|extra_hosts)\b.*): /,
  /^[->] services\.SERVICE\.(hostname|domainname|mac_address|links|external_links|sysctls\.net\..*): /,
  /^\+ services\.kdev-net-SERVICE\./,
  // the sidecar stands beside it,
  /^\+ services\.kdev-sidecar-SERVICE\./,
  // and the service joins it, waits for the sidecar, and has the pod's variables and files.
  /^\+ services\.SERVICE\.network_mode: "service:kdev-net-SERVICE"/,
  /^\+ services\.SERVICE\.depends_on\.kdev-(net|sidecar)-SERVICE\./,
  /^\+ services\.SERVICE\.environment\.(POD_VALUE|UNSET_NAME): /,
  /^\+ services\.SERVICE\.volumes\[(\/etc\/pod|\/run\/secrets\/pod-token)\]\./,
  /^\+ volumes\.kdev-files\./,
  /^\+ networks\.kdev-joined-/,
  // Who joins the service's network or links to it does so with its holder.
  /^- services\.[^.]+\.network_mode: "service:SERVICE"/,
  /^\+ services\.[^.]+\.network_mode: "service:kdev-net-SERVICE"/,
  /^[-+] services\.[^.]+\.links: .*SERVICE/,
  /^\+ services\.[^.]+\.depends_on\.kdev-net-SERVICE\./,
];

function isDocumented(line: string, services: readonly string[]): boolean {
  return services.some((service) =>
    documented.some((pattern) => pattern.test(line.replaceAll(service, 'SERVICE'))),
  );
}

describe.each(names)('%s', (name) => {
  test('Compose takes it', () => {
    expect(outcome(name).services).not.toEqual([]);
  });

  test('without a plan it is unchanged', () => {
    expect(outcome(name).unplanned).toEqual([]);
  });

  test('what differs', async () => {
    const found = outcome(name);
    const text = name === 'minimal' ? `${found.planned.join('\n')}\n` : ownLines(found);
    const file = join(corpusFolder('projects', name), 'rendered.txt');
    await expect(text).toMatchFileSnapshot(file);
  });

  test('nothing of it is without a word in docs/compose.md', () => {
    const { planned, services } = outcome(name);
    expect(planned.filter((line) => !isDocumented(line, services))).toEqual([]);
  });
});

test.each(corpusNames('newer'))('newer: %s, or a Compose that does not know it', async (name) => {
  const folder = corpusFolder('newer', name);
  const { version } = outcome('minimal').project;
  if (isOlder(version, parseVersion(sayingOf(folder, 'since') ?? ''))) {
    await expect(render('newer', name)).rejects.toMatchObject({ code: 'KDEV2101' });
    return;
  }
  const found = await render('newer', name);
  expect(found.unplanned).toEqual([]);
  await expect(ownLines(found)).toMatchFileSnapshot(join(folder, 'rendered.txt'));
});

test('the corpus has every key of the specification', () => {
  expect(missingKeys()).toEqual([]);
});

/** What stands in refusal.txt: as a person reads it, without the code's title. */
async function refusalOf(folder: string): Promise<string> {
  try {
    const project = await readCorpusProject(folder);
    // Of Compose's versions one in which all of these refusals are true.
    const asked = { ...project, version: [2, 26, 1] };
    refuseServices(asked, [...project.xKdev.services.keys()], new Map());
  } catch (error) {
    const { code, fact, evidence, hints } = asKdevError(error);
    const advice = hints.map(({ text, command }) => `  ${command ? `${command}: ` : ''}${text}`);
    return `${code} ${[fact, ...(evidence ? [evidence] : []), ...advice].join('\n')}\n`;
  }
  return 'not refused\n';
}

test.each(corpusNames('refused'))('refused: %s', async (name) => {
  const folder = corpusFolder('refused', name);
  const refusal = (await refusalOf(folder)).replaceAll(folder, '.');
  expect(refusal).toMatch(/^KDEV2\d{3} /);
  await expect(refusal).toMatchFileSnapshot(join(folder, 'refusal.txt'));
});
