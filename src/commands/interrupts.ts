const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Interrupt = keyof typeof exitCodes;

/** What runs kdev, such as npm, passes on what the terminal has sent as well: nobody presses twice within this time. */
const samePressMs = 30;

/** Somebody wants the command to end: the first time in order, the second time at once. */
export class Interrupts {
  readonly first: Promise<Interrupt>;
  readonly second: Promise<Interrupt>;
  readonly #seen: Interrupt[] = [];
  readonly #listen: (signal: Interrupt) => void;

  constructor(nowMs: () => number = () => performance.now()) {
    let lastMs = Number.NEGATIVE_INFINITY;
    let resolveFirst: (signal: Interrupt) => void = () => undefined;
    let resolveSecond: (signal: Interrupt) => void = () => undefined;
    this.first = new Promise((resolve) => {
      resolveFirst = resolve;
    });
    this.second = new Promise((resolve) => {
      resolveSecond = resolve;
    });
    this.#listen = (signal) => {
      const isSame = nowMs() - lastMs < samePressMs;
      lastMs = nowMs();
      if (isSame) return;
      this.#seen.push(signal);
      (this.#seen.length === 1 ? resolveFirst : resolveSecond)(signal);
    };
    for (const signal of interrupts) process.on(signal, this.#listen);
    // A terminal that is closed takes its output along: what remains is to leave in order.
    process.stdout.on('error', ignore);
    process.stderr.on('error', ignore);
  }

  get happened(): boolean {
    return this.#seen.length > 0;
  }

  get exitCode(): number {
    return exitCodes[this.#seen[0] ?? 'SIGINT'];
  }

  /** The work's outcome; rejects with Interrupted when somebody wants to leave first. */
  async race<T>(work: Promise<T>): Promise<T> {
    const interrupted = this.first.then(() => {
      throw new Interrupted(this.exitCode);
    });
    work.catch(() => undefined);
    return await Promise.race([work, interrupted]);
  }

  close(): void {
    for (const signal of interrupts) process.off(signal, this.#listen);
  }
}

/** The command ends because it was told to, before there was anything to take back but what ends with it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

const interrupts: readonly Interrupt[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function ignore(): void {
  // EPIPE or EIO: nobody reads any more.
}
