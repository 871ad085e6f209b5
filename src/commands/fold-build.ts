import { type Readable, Transform } from 'node:stream';
import type { Story } from './story.ts';

/** What a failed build is told by at most. */
const mostLines = 2_000;

/** A step of the build, by its number: `#5 [pantry stage-1 2/3] RUN npm ci`. */
interface BuildStep {
  readonly service: string;
  /** The last: `#9 [pantry] exporting to image`. */
  readonly isExport: boolean;
}

/** A build's lines as one line of the board; they are shown, whole, when a step of it fails. */
export class BuildFold {
  readonly #story: Pick<Story, 'say' | 'step'>;
  readonly #steps = new Map<string, BuildStep>();
  #lines: string[] = [];
  #hasFailed = false;

  constructor(story: Pick<Story, 'say' | 'step'>) {
    this.#story = story;
  }

  /** Whether a build's lines were met. */
  get hasBegun(): boolean {
    return this.#hasFailed || this.#lines.length > 0;
  }

  /** Whether the line is of a build, and told. */
  take(line: string): boolean {
    const [, number, words = ''] = /^#(\d+) (.*)$/.exec(line) ?? [];
    const isBetween = this.hasBegun && (this.#hasFailed || line.trim() === '');
    if (number === undefined && !isBetween) return false;
    if (this.#hasFailed) this.#story.say(line);
    else this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
    if (number !== undefined) this.#tell(number, words);
    return true;
  }

  #tell(number: string, words: string): void {
    const [, service = '', stage, title = ''] = /^\[(\S+?)(?: ([^\]]*))?\] (.*)$/.exec(words) ?? [];
    if (service !== '' && !isPlace.test(service)) {
      this.#steps.set(number, { service, isExport: stage === undefined });
      this.#story.step(`image ${service}`, `building: ${title}`, 'working');
    } else if (words.startsWith('ERROR')) {
      this.#fail(number);
    } else if (/^(DONE|CACHED)\b/.test(words)) {
      const step = this.#steps.get(number);
      if (step?.isExport) this.#story.step(`image ${step.service}`, 'built', 'done');
    }
  }

  #fail(number: string): void {
    const step = this.#steps.get(number);
    if (step) this.#story.step(`image ${step.service}`, 'failed', 'failed');
    if (!this.#hasFailed) this.#story.say(this.#lines.join('\n'));
    this.#hasFailed = true;
    this.#lines = [];
  }
}

/** Without a service's name: `[internal] load build definition`, `[2/3] RUN make`. */
const isPlace = /^(internal|auth|\d+\/\d+)$/;

/** Only a board has a line for it; elsewhere a build's lines are Compose's own. */
export function foldOf(story: Story): BuildFold | undefined {
  return story.isDrawn ? new BuildFold(story) : undefined;
}

/** Some versions of Compose tell a build on stdout: what comes before anything else there is folded. */
export function withoutBuild(
  stdout: Readable | null,
  fold: BuildFold | undefined,
): Readable | null {
  if (!stdout || !fold || !process.stdout.isTTY) return stdout;
  return stdout.pipe(foldFirstLines(fold));
}

/** Once a line is none of a build, everything goes on as it is. */
export function foldFirstLines(fold: Pick<BuildFold, 'take'>): Transform {
  let rest: Buffer = Buffer.alloc(0);
  let isOver = false;
  const foldLines = () => {
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      if (!fold.take(rest.subarray(0, end).toString())) return true;
      rest = rest.subarray(end + 1);
    }
    return false;
  };
  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (isOver) return done(null, chunk);
      rest = Buffer.concat([rest, chunk]);
      isOver = foldLines();
      return isOver ? done(null, rest) : done();
    },
    flush(done) {
      return isOver ? done() : done(null, rest);
    },
  });
}
