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

/** What a devcontainer.json makes the workspace of. */
export type Workspace = ComposeWorkspace | ContainerWorkspace;

/** A service of a compose project. */
export interface ComposeWorkspace {
  readonly kind: 'compose';
  /** Absolute, in the order in which Compose reads them. */
  readonly composeFiles: readonly string[];
  readonly service: string;
}

/** A container of `image` or `build`, which `docker run` starts. */
export interface ContainerWorkspace {
  readonly kind: 'container';
  /** `customizations.kdev`: what a service has in x-kdev. Undefined where there is none. */
  readonly xKdev: Readonly<Record<string, unknown>> | undefined;
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
  if (isObject(content)) return content;
  throw invalid(`${path} holds no object`, { text: 'see https://containers.dev' });
}

export function readWorkspace(file: DevcontainerFile): Workspace {
  const { path, content } = file;
  if (content['dockerComposeFile'] !== undefined) return composeWorkspace(file);
  const isContainer = ['image', 'build', 'dockerFile'].some((key) => content[key] !== undefined);
  if (isContainer) return { kind: 'container', xKdev: ownCustomization(file) };
  throw invalid(`${path} names no dockerComposeFile, no image and no build`, {
    text: 'see https://containers.dev',
  });
}

function composeWorkspace({ path, content, workspaceFolder }: DevcontainerFile): ComposeWorkspace {
  const { dockerComposeFile: named, service } = content;
  const files = typeof named === 'string' ? [named] : isTexts(named) ? named : [];
  if (files.length === 0) {
    throw invalid(`dockerComposeFile of ${path} is neither a path nor a list of paths`, {
      text: 'name the compose file: "dockerComposeFile": "compose.yaml"',
    });
  }
  if (typeof service !== 'string') {
    throw invalid(`${path} does not say which service is the workspace`, {
      text: 'name it: "service": "…"',
    });
  }
  return {
    kind: 'compose',
    service,
    composeFiles: files.map((name) =>
      resolve(dirname(path), name.replaceAll('$' + '{localWorkspaceFolder}', workspaceFolder)),
    ),
  };
}

function ownCustomization({ path, content }: DevcontainerFile): ContainerWorkspace['xKdev'] {
  const { kdev } = Object(content['customizations']) as { kdev?: unknown };
  if (kdev === undefined) return undefined;
  if (typeof kdev === 'string') return { target: kdev };
  if (isObject(kdev)) return kdev;
  throw invalid(`customizations.kdev of ${path} holds no object`, {
    text: 'name the pod: "customizations": {"kdev": {"target": "deployment/NAME"}}',
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
