import { defineConfig } from 'vitest/config';

const ring = (name: string, folder: string, globalSetup: string[] = []) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${folder}/**/*.test.ts`],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    globalSetup,
  },
});

export default defineConfig({
  test: {
    // A busy machine takes its time; vitest's own second is none.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        // No process a file: nothing here has state outside of its test, and a third of the time is enough.
        // More workers than two cores would get by themselves: these tests wait for silence and deadlines as long as they compute.
        test: {
          name: 'unit',
          include: ['{src,sidecar,agent,test/documents}/**/*.test.ts'],
          isolate: false,
          maxWorkers: 3,
          // Some start real processes: on a machine that is busy with other things they take their time.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      ring('tunnel', 'tunnel'),
      ring('network', 'network'),
      ring('files', 'files'),
      ring('fuzz', 'fuzz'),
      ring('e2e', 'e2e', ['test/e2e/global-setup.ts']),
    ],
  },
});
