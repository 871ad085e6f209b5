import { expect } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { World } from './world.ts';

export interface Refusal {
  /** x-kdev of the service `orders`, beside its target and `incoming: steal`. */
  readonly xKdev?: Readonly<Record<string, unknown>>;
  /** More keys of the service. */
  readonly service?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly code: string;
  readonly exitCode: number;
  /** Who can act, as the message says it. */
  readonly actors: readonly ('you can' | 'an admin')[];
  readonly says: readonly (string | RegExp)[];
  /** What would have come first, had it gone on. */
  readonly unsaid?: string;
}

/** `up -d` is refused within 5 s with all that a person needs, and nothing is left behind. */
export async function expectRefusal(world: World, refusal: Refusal): Promise<void> {
  const { xKdev, service, env = {}, code, exitCode, actors, says, unsaid } = refusal;
  const settings = { target: 'deployment/orders', incoming: 'steal', ...xKdev };
  const project = await world.project({
    services: { orders: composeApp({ language: 'c', xKdev: settings, more: service ?? {} }) },
  });
  const before = await project.leftovers();
  const ended = await project.kdev(['compose', 'up', '-d'], { env });
  expect(ended.stderr).toContain(`error[${code}]`);
  expect(ended.code).toBe(exitCode);
  for (const words of [...actors, ...says]) expect(ended.stderr).toMatch(words);
  if (unsaid !== undefined) expect(ended.output).not.toContain(unsaid);
  // No stack trace.
  expect(ended.stderr).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  expect(ended.stdout).toBe('');
  expect(ended.elapsedMs).toBeLessThan(5_000);
  // The session answers before it ends, and a pod that never ran takes a moment to go.
  await project.nothingLeft(5_000, before);
}
