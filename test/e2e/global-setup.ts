import type { TestProject } from 'vitest/node';
import { type Ground, layGround } from './ground.ts';

declare module 'vitest' {
  interface ProvidedContext {
    ground: Ground;
  }
}

/** Runs once before all files of the ring, and its answer after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { ground, remove } = await layGround();
  project.provide('ground', ground);
  return remove;
}
