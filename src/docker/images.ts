import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { PROTOCOL_VERSION } from '../protocol/launch.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { Engine } from './engine.ts';
import { contentOf, readImageContext } from './image-context.ts';
import { baseLabel, contentLabel, protocolLabel, versionLabel } from './labels.ts';

/** What an image of the engine says of itself. */
export interface ImageFact {
  readonly id: string;
  readonly bytes: number;
  /** Undefined where the image is not one of kdev's. */
  readonly protocol: number | undefined;
  /** A digest of what it was built from; undefined where it does not say. */
  readonly content: string | undefined;
  /** What it was built on; undefined for the public base, and where it does not say. */
  readonly base: string | undefined;
}

export interface ImageWanted {
  readonly name: string;
  /** What to build it on; undefined for what the image of this name was built on, else the Dockerfile's public base. */
  readonly base: string | undefined;
  /** Whoever wants it is still there. */
  readonly signal?: AbortSignal;
}

/** Words on what a long step is at; the last replaces those before. */
export type OnProgress = (words: string) => void;

export function defaultImage(): string {
  return `kdev/runtime:${installedPackage().version}`;
}

/** The image's facts, or undefined where the engine does not have it. */
export async function inspectImage(engine: Engine, name: string): Promise<ImageFact | undefined> {
  return await engine.ask(`inspect the image ${name}`, async (docker) => {
    try {
      const { Id, Size, Config } = await docker.getImage(name).inspect();
      const labels = Config?.Labels ?? {};
      const protocol = labels[protocolLabel];
      return {
        id: Id,
        bytes: Size,
        protocol: protocol === undefined ? undefined : Number(protocol),
        content: labels[contentLabel],
        base: labels[baseLabel],
      };
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error && error.statusCode === 404)
        return undefined;
      throw error;
    }
  });
}

/**
 * Sees to it that the engine has an image whose programs this cli understands. Where it is absent, the default image is
 * built, and one that the user named is pulled. A default image of another build of this version is built anew.
 */
export async function ensureImage(
  engine: Engine,
  wanted: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  const { name } = wanted;
  const found = await inspectImage(engine, name);
  const isDefault = name === defaultImage();
  const isOther = isDefault && found !== undefined && isOfOtherBuild(found);
  if (isOther) onProgress('it is of another build of kdev: built anew');
  const make = isDefault ? buildImage : pullImage;
  const image = found && !isOther ? found : await make(engine, wanted, onProgress);
  refuseOtherProtocol(name, image);
  return image;
}

/** One that does not say what it was built from is taken as it is: somebody made it by hand. */
function isOfOtherBuild({ content }: ImageFact): boolean {
  return content !== undefined && content !== contentOf(readImageContext(installedPackage().root));
}

/** Throws where cli and image would misunderstand each other. */
export function refuseOtherProtocol(name: string, { protocol }: ImageFact): void {
  if (protocol === PROTOCOL_VERSION) return;
  const { version } = installedPackage();
  throw kdevError('PROTOCOL_MISMATCH', {
    fact:
      protocol === undefined
        ? `the image ${name} is not an image of kdev`
        : `the image ${name} speaks version ${protocol} of the protocol, kdev ${version} speaks ${PROTOCOL_VERSION}`,
    evidence: `label ${protocolLabel}: ${protocol ?? 'none'}`,
    hints: [
      {
        who: 'you',
        text: `use ${defaultImage()}: leave out --image, KDEV_IMAGE and x-kdev.agent.image`,
      },
      { who: 'you', text: 'builds it for this version', command: 'kdev image build' },
    ],
  });
}

/** Builds kdev's image from the installed package, with the engine's own builder. */
export async function buildImage(
  engine: Engine,
  { name, base: wanted, signal }: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  const { root, version } = installedPackage();
  const archive = readImageContext(root);
  const base = wanted ?? (await inspectImage(engine, name))?.base;
  const answer = await engine.ask(`build the image ${name}`, (docker) =>
    docker.buildImage(Readable.from([archive]), {
      t: name,
      rm: true,
      forcerm: true,
      ...(base ? { buildargs: { BASE: base } } : {}),
      labels: {
        [versionLabel]: version,
        [protocolLabel]: String(PROTOCOL_VERSION),
        [contentLabel]: contentOf(archive),
        ...(base ? { [baseLabel]: base } : {}),
      },
      ...(signal ? { abortSignal: signal } : {}),
    }),
  );
  const failure = await followBuild(Readable.from(answer), onProgress);
  if (failure) throw buildFailed(name, base, failure);
  return await present(engine, name);
}

async function pullImage(
  engine: Engine,
  { name, signal }: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  try {
    const answer = await engine.docker.pull(name, signal ? { abortSignal: signal } : {});
    const failure = await followBuild(Readable.from(answer), onProgress);
    if (failure) throw new Error(failure);
  } catch (cause) {
    throw kdevError('IMAGE_UNAVAILABLE', {
      fact: `the image ${name} is neither here nor can it be pulled`,
      evidence: cause instanceof Error ? cause.message.trim() : String(cause),
      hints: [
        { who: 'you', text: 'pulls it with your own credentials', command: `docker pull ${name}` },
        {
          who: 'you',
          text: 'builds it and brings it there, where it is not yet',
          command: `kdev image push ${name}`,
        },
        {
          who: 'you',
          text: `or leave out --image, KDEV_IMAGE and x-kdev.agent.image: kdev builds ${defaultImage()}`,
        },
      ],
      cause,
    });
  }
  return await present(engine, name);
}

async function present(engine: Engine, name: string): Promise<ImageFact> {
  const image = await inspectImage(engine, name);
  if (image) return image;
  throw kdevError('IMAGE_UNAVAILABLE', {
    fact: `the engine says that it made the image ${name}, and does not have it`,
    hints: [{ who: 'you', text: 'lists what it has', command: 'docker images' }],
  });
}

const keptLines = 12;

/** Reads the engine's JSON lines; returns the last lines of a failed build, or undefined. Throws where the answer breaks off. */
async function followBuild(answer: Readable, onProgress: OnProgress): Promise<string | undefined> {
  const recent: string[] = [];
  const lines = createInterface({ input: answer, crlfDelay: Infinity });
  // The lines only end where the engine's answer breaks off.
  answer.once('error', () => lines.close());
  for await (const line of lines) {
    const { stream, status, progress, error } = parseLine(line);
    if (error) return [...recent, error].join('\n');
    const words = (stream ?? [status, progress].filter(Boolean).join(' ')).trim();
    if (!words) continue;
    onProgress(words.split('\n').at(-1) ?? words);
    recent.push(words);
    if (recent.length > keptLines) recent.shift();
  }
  if (answer.errored) throw answer.errored;
  return undefined;
}

interface BuildLine {
  readonly stream?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly error?: string;
}

function parseLine(line: string): BuildLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return {};
    const texts = Object.entries(value).filter(([, text]) => typeof text === 'string');
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

function buildFailed(name: string, base: string | undefined, evidence: string) {
  return kdevError('IMAGE_BUILD_FAILED', {
    fact: `the image ${name} could not be built${base ? ` on ${base}` : ''}`,
    evidence,
    hints: [
      {
        who: 'you',
        text: 'with a base image that is already here (Debian-like, Node 24 or newer)',
        command: 'kdev image build --base IMAGE',
      },
    ],
  });
}
