import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stringify } from 'yaml';
import { addXKdev, findService } from '../compose/add-x-kdev.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { FileChange } from './file-changes.ts';

export interface ServiceToChange {
  /** Absolute, in the order in which Compose reads them. */
  readonly files: readonly string[];
  readonly service: string;
  /** Paths are told from here. */
  readonly folder: string;
}

/** The first file that has the service, with x-kdev in it; unchanged where some file gives it one already. */
export function changeCompose(
  { files, service, folder }: ServiceToChange,
  xKdev: () => Readonly<Record<string, unknown>>,
): FileChange {
  const found = files.map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, has: findService(text, service) };
  });
  const chosen =
    found.find(({ has }) => has === 'intercepted') ?? found.find(({ has }) => has === 'plain');
  if (!chosen) throw notThere(service, files.map((path) => relative(folder, path)).join(', '));
  const { path, text, has } = chosen;
  if (has === 'intercepted') return { path, before: text, after: text };
  const lines = xKdev();
  const after = addXKdev(text, service, lines);
  if (after === undefined) throw cannotAdd(relative(folder, path), service, lines);
  return { path, before: text, after };
}

function notThere(service: string, files: string) {
  return kdevError('COMPOSE_FILE_UNCHANGED', {
    fact: `no service ${service} in ${files}`,
    hints: [
      {
        who: 'you',
        text: 'where it comes from an included file, write into that one',
        command: `kdev init ${service} --file THAT/FILE`,
      },
    ],
  });
}

const oneLine = { collectionStyle: 'flow', lineWidth: 0 } as const;

function cannotAdd(file: string, service: string, xKdev: Readonly<Record<string, unknown>>) {
  return kdevError('COMPOSE_FILE_UNCHANGED', {
    fact: `${service} is written in ${file} in a form that kdev cannot add lines to`,
    hints: [
      {
        who: 'you',
        text: `give the service yourself  x-kdev: ${stringify(xKdev, oneLine).trimEnd()}`,
      },
    ],
  });
}
