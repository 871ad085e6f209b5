import { readFileSync } from 'node:fs';
import type { Fingerprint } from '../compose/drift.ts';
import type { ProjectFolder } from './runtime-folder.ts';
import type { Log } from './session-log.ts';
import { writeWhole } from './state-file.ts';

interface Kept {
  /** The one whose id the containers carry. */
  readonly session: string;
  readonly brought: Fingerprint;
}

export interface BroughtOptions {
  readonly id: string;
  readonly folder: ProjectFolder;
  readonly log: Log;
}

/**
 * What the project's containers were made of, as digests. It outlives the session with the containers that may start again,
 * and belongs to the next one if that has the same id.
 */
export class Brought {
  readonly #options: BroughtOptions;
  #all: Fingerprint;

  constructor(options: BroughtOptions) {
    this.#options = options;
    this.#all = readBrought(options);
  }

  get all(): Fingerprint {
    return this.#all;
  }

  add(brought: Fingerprint | undefined): void {
    const { id: session, folder, log } = this.#options;
    this.#all = { ...this.#all, ...brought };
    const kept: Kept = { session, brought: this.#all };
    try {
      writeWhole(folder, folder.brought, kept);
    } catch (error) {
      // Then the next session does not know what has changed.
      log(`${error}`);
    }
  }
}

function readBrought({ id, folder }: BroughtOptions): Fingerprint {
  try {
    const { session, brought } = JSON.parse(readFileSync(folder.brought, 'utf8')) as Kept;
    return session === id ? brought : {};
  } catch {
    return {};
  }
}
