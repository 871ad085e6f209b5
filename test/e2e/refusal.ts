import { expect } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { Ended } from './kdev-command.ts';
import type { World } from './world.ts';

export interface ExpectedError {
  readonly code: string;
  readonly exitCode: number;
  /** Who can act, as the message says it. */
  readonly actors: readonly ('you can' | 'an admin' | 'kdev')[];
  readonly says: readonly (string | RegExp)[];
}

/** A command ended with an error and told all that a person needs: nothing of it on stdout, and no stack trace. */
export function expectError(ended: Ended, { code, exitCode, actors, says }: ExpectedError): void {
  expect(ended.stderr).toContain(`error[${code}]`);
  expect(ended.code).toBe(exitCode);
  for (const actor of actors) expect(ended.stderr).toMatch(new RegExp(`^  ${actor} +\\S`, 'm'));
  // As wide as the terminal: where a line ends is of no account.
  const text = ended.stderr.replaceAll(/\s+/g, ' ');
  for (const words of says) expect(text).toMatch(words);
  expect(ended.stderr).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  expect(ended.stdout).toBe('');
}

export interface Refusal extends ExpectedError {
  /** x-kdev of the service `orders`, beside its target and `incoming: steal`. */
  readonly xKdev?: Readonly<Record<string, unknown>>;
  /** More keys of the service. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** More keys of the project, beside its services; and more services. */
  readonly project?: Readonly<Record<string, unknown>>;
  readonly others?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What runs kdev, where something stands around it. */
  readonly within?: readonly [string, ...string[]];
  /** What would have come first, had it gone on. */
  readonly unsaid?: string;
  /** Something is made, and undone, before it is known. */
  readonly isLate?: boolean;
}

/** Of all refusals of the file that need not be late: half of them came sooner than 5 s, however busy the machine is now and then. */
export function expectPromptRefusals(): void {
  const sorted = elapsedMs.toSorted((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(5_000);
}

const elapsedMs: number[] = [];
/** Beyond it something has waited for what never comes. */
const promptMs = 20_000;
const lateMs = 60_000;

/** `up -d` is refused in time with all that a person needs, and nothing is left behind. */
export async function expectRefusal(world: World, refusal: Refusal): Promise<void> {
  const { xKdev, service, others, env = {}, within, unsaid, isLate } = refusal;
  const settings = { target: 'deployment/orders', incoming: 'steal', ...xKdev };
  const project = await world.project({
    ...refusal.project,
    services: {
      orders: composeApp({ language: 'c', xKdev: settings, more: service ?? {} }),
      ...others,
    },
  });
  const before = await project.leftovers();
  const ended = await project.kdev(['compose', 'up', '-d'], { env, ...(within && { within }) });
  try {
    expectError(ended, refusal);
    if (unsaid !== undefined) expect(ended.output).not.toContain(unsaid);
    expect(ended.elapsedMs).toBeLessThan(isLate ? lateMs : promptMs);
    if (!isLate) elapsedMs.push(ended.elapsedMs);
    // The session answers before it ends, and a pod that never ran takes a moment to go.
    await project.nothingLeft(20_000, before);
  } catch (error) {
    // Not in the way of the next one.
    await project.down();
    throw error;
  }
}
