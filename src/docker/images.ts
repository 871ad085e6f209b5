import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { PROTOCOL_VERSION } from '../protocol/launch.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { Engine } from './engine.ts';
import { readImageContext } from './image-context.ts';
import { protocolLabel, versionLabel } from './labels.ts';

/** What an image of the engine says of itself. */
export interface ImageFact {
  readonly id: string;
  readonly bytes: number;
  /** Undefined where the image is not one of kdev's. */
  readonly protocol: number | undefined;
}

export interface ImageWanted {
  readonly name: string;
  /** What to build it on, or undefined for the Dockerfile's public base. */
  readonly base: string | undefined;
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
 * built, and one that the user named is pulled.
 */
export async function ensureImage(
  engine: Engine,
  wanted: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  const { name } = wanted;
  const found = await inspectImage(engine, name);
  const make = name === defaultImage() ? buildImage : pullImage;
  const image = found ?? (await make(engine, wanted, onProgress));
  refuseOtherProtocol(name, image);
  return image;
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
  image: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  const { root, version } = installedPackage();
  const archive = readImageContext(root);
  const answer = await engine.ask(`build the image ${image.name}`, (docker) =>
    docker.buildImage(Readable.from([archive]), {
      t: image.name,
      rm: true,
      forcerm: true,
      ...(image.base ? { buildargs: { BASE: image.base } } : {}),
      labels: {
        [versionLabel]: version,
        [protocolLabel]: String(PROTOCOL_VERSION),
      },
    }),
  );
  const failure = await followBuild(Readable.from(answer), onProgress);
  if (failure) throw buildFailed(image.name, failure);
  return await present(engine, image.name);
}

async function pullImage(
  engine: Engine,
  { name }: ImageWanted,
  onProgress: OnProgress,
): Promise<ImageFact> {
  try {
    const answer = await engine.docker.pull(name);
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

/** Reads the engine's JSON lines; returns the last lines of a failed build, or undefined. */
async function followBuild(answer: Readable, onProgress: OnProgress): Promise<string | undefined> {
  const recent: string[] = [];
  for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
    const { stream, status, progress, error } = parseLine(line);
    if (error) return [...recent, error].join('\n');
    const words = (stream ?? [status, progress].filter(Boolean).join(' ')).trim();
    if (!words) continue;
    onProgress(words.split('\n').at(-1) ?? words);
    recent.push(words);
    if (recent.length > keptLines) recent.shift();
  }
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

function buildFailed(name: string, evidence: string) {
  return kdevError('IMAGE_BUILD_FAILED', {
    fact: `the image ${name} could not be built`,
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
