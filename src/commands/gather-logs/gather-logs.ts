import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findComposeFiles } from '../../compose/compose-files.ts';
import { encodeTar } from '../../docker/tar.ts';
import { kdevError } from '../../errors/kdev-error.ts';
import { tableText } from '../../screen/table.ts';
import type { Terminal } from '../../screen/terminal.ts';
import type { Around } from '../command.ts';
import { parseCommand } from '../command-form.ts';
import { gatherLogsForm } from '../forms/gather-logs-form.ts';
import { openProject, type ProjectOptions, projectCommandLine } from '../open-project.ts';
import { redactor } from '../redact.ts';
import { printRows, type WordsFormat } from '../results.ts';
import { readStatus } from '../status.ts';
import { openStory, sayWrapped } from '../story.ts';
import type { Work } from '../work.ts';
import { type GatheredFrom, gatherParts, type Part } from './gather-parts.ts';
import { knownSecrets, publicNames } from './known-secrets.ts';

type GatherOptions = ProjectOptions & { readonly list?: boolean; readonly output: WordsFormat };

/** A file as it goes into the archive. */
interface Gathered extends Omit<Part, 'read'> {
  readonly text: string;
  readonly places: number;
}

/** `kdev gather-logs`: what a bug report needs, in one archive that can be shown to others. */
export async function gatherLogs(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<GatherOptions>(gatherLogsForm, args);
  if (!asked) return 0;
  const { output, list: isListOnly = false } = asked.options;
  const from = await findOut(asked.options);
  const files = await gather(from);
  const archive = resolve(asked.words[0] ?? archiveName(from.work?.project.name, new Date()));
  const story = openStory(around);
  sayWrapped(story, listText(archive, files, story.terminal));
  if (!isListOnly) write(archive, files);
  const written = isListOnly ? null : archive;
  const data = { archive: written, files: files.map(({ text, ...rest }) => withBytes(rest, text)) };
  if (output === 'text') {
    if (!isListOnly) process.stdout.write(`${archive}\n`);
    return 0;
  }
  await printRows(output, {
    headings: ['file', 'bytes', 'masked', 'what'],
    rows: data.files.map(({ path, bytes, places, about }) => [
      ...[path, String(bytes), String(places), about],
    ]),
    data,
  });
  return 0;
}

async function findOut(options: ProjectOptions): Promise<GatheredFrom> {
  const work = await workHere(options);
  // A report on a session that does not answer is wanted all the more.
  const { sessions } = await readStatus().catch(() => ({ sessions: [] }));
  const own = sessions.filter(({ project }) => project === work?.project.name);
  return { options, work, sessions: work ? own : sessions };
}

/** A project that cannot be read is told by the doctor's part. */
async function workHere(options: ProjectOptions): Promise<Work | undefined> {
  const around = { directory: process.cwd(), environment: process.env };
  if (findComposeFiles(projectCommandLine(options), around).files.length === 0) return undefined;
  return await openProject(options).catch(() => undefined);
}

async function gather(from: GatheredFrom): Promise<readonly Gathered[]> {
  const [parts, secrets] = await Promise.all([gatherParts(from), knownSecrets(from)]);
  const names = publicNames(from);
  const redact = redactor(secrets, (value) => names.has(value));
  return await Promise.all(
    parts.map(async ({ read, ...rest }) => ({ ...rest, ...redact(await textOf(read)) })),
  );
}

/** What cannot be had is told in its place. */
async function textOf(read: Part['read']): Promise<string> {
  try {
    return await read();
  } catch (error) {
    return `could not be had: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

function listText(archive: string, files: readonly Gathered[], terminal: Terminal): string {
  const rows = files.map(({ path, text, about }) => [`  ${path}`, sizeWords(text), about]);
  const [, ...lines] = tableText(['', '', ''], rows, terminal).split('\n');
  const places = files.reduce((sum, file) => sum + file.places, 0);
  return [
    `What goes into ${archive}:`,
    '',
    ...lines,
    '',
    `Values of variables, tokens, keys and the kubeconfig's credentials are taken out (${places} places).`,
    'Names of hosts, images and services are in it: look before you send it (tar -xzf).',
  ].join('\n');
}

function sizeWords(text: string): string {
  return `${Math.ceil(Buffer.byteLength(text) / 1024)} kB`;
}

function withBytes<T>(rest: T, text: string): T & { readonly bytes: number } {
  return { ...rest, bytes: Buffer.byteLength(text) };
}

function archiveName(project: string | undefined, now: Date): string {
  const at = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `kdev-logs-${project === undefined ? '' : `${project}-`}${at}.tar.gz`;
}

/** For its writer alone, and never over another file. */
function write(archive: string, files: readonly Gathered[]): void {
  const tar = encodeTar(
    files.map(({ path, text }) => ({ path: `kdev-logs/${path}`, bytes: Buffer.from(text) })),
  );
  try {
    writeFileSync(archive, gzipSync(tar), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw kdevError('ARCHIVE_UNWRITABLE', {
      fact: `the archive cannot be written to ${archive}`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      hints: [
        { who: 'you', text: 'names another place', command: 'kdev gather-logs /tmp/kdev.tar.gz' },
      ],
      cause,
    });
  }
}
