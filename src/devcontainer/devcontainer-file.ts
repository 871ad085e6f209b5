import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { kdevError } from '../errors/kdev-error.ts';

/** A devcontainer.json, as far as kdev has to do with it. */
export interface DevcontainerFile {
  readonly path: string;
  /** The folder that is opened: what the Dev Containers CLI calls the workspace. */
  readonly workspaceFolder: string;
  readonly text: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The workspace of a dev container that Compose starts. */
export interface ComposeWorkspace {
  /** Absolute, in the order in which Compose reads them. */
  readonly composeFiles: readonly string[];
  readonly service: string;
}

/** Where the Dev Containers CLI looks by itself. */
const places = ['.devcontainer/devcontainer.json', '.devcontainer.json'];

/** `config`: what `devcontainer --config` would name. */
export function readDevcontainer(workspaceFolder: string, config?: string): DevcontainerFile {
  const looked = config === undefined ? places : [config];
  const path = looked
    .map((place) => resolve(workspaceFolder, place))
    .find((file) => existsSync(file));
  if (path === undefined) {
    throw invalid(`${workspaceFolder} has no ${looked.join(' and no ')}`, {
      text: 'run it in the folder that your editor opens, or name the file: --config FILE',
    });
  }
  const text = readFileSync(path, 'utf8');
  return { path, workspaceFolder, text, content: parseText(path, text) };
}

function parseText(path: string, text: string): Readonly<Record<string, unknown>> {
  const errors: ParseError[] = [];
  const content: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw invalid(`${path}:${line} is no JSON with comments`, {
      evidence: printParseErrorCode(first.error),
      text: 'mend the file',
    });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Readonly<Record<string, unknown>>;
  }
  throw invalid(`${path} holds no object`, { text: 'see https://containers.dev' });
}

/** Only a workspace that Compose starts can be intercepted: kdev has its part in what Compose is asked. */
export function composeWorkspace(file: DevcontainerFile): ComposeWorkspace {
  const { path, content, workspaceFolder } = file;
  const { dockerComposeFile: named, service } = content;
  const files = typeof named === 'string' ? [named] : isTexts(named) ? named : [];
  if (files.length === 0) {
    throw invalid(`${path} names no dockerComposeFile, and kdev works through Compose`, {
      text: 'describe the workspace in a compose file (docs/devcontainers.md, "image or build")',
    });
  }
  if (typeof service !== 'string') {
    throw invalid(`${path} does not say which service is the workspace`, {
      text: 'name it: "service": "…"',
    });
  }
  return {
    service,
    composeFiles: files.map((name) =>
      resolve(dirname(path), name.replaceAll('$' + '{localWorkspaceFolder}', workspaceFolder)),
    ),
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(fact: string, { text, evidence }: { text: string; evidence?: string }) {
  return kdevError('DEVCONTAINER_INVALID', {
    fact,
    ...(evidence === undefined ? {} : { evidence }),
    hints: [{ who: 'you', text }],
  });
}
