import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildDebuggersImage, debuggersImage, folderOf } from '../fixtures/app-images.ts';
import { composeApp } from './compose-app.ts';
import { attachDap, attachNode, type Debugger } from './debug-clients.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { pageBlocks } from './page-blocks.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

/** In the order of the page. */
const languages = ['node', 'python', 'go'] as const;
type Debugged = (typeof languages)[number];

let world: World;
let client: PodClient;
let project: Project;
const ports = new Map<Debugged, number>();

beforeAll(async () => {
  await buildDebuggersImage();
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    ...languages.map((name) => world.deploy({ name, language: 'go' })),
  ]);
  const blocks = (await pageBlocks('debuggers.md')).filter(({ language }) => language === 'yaml');
  const services: Record<string, object> = {};
  for (const [index, language] of languages.entries()) {
    const port = await freePort();
    ports.set(language, port);
    // The page's port may be taken here.
    const shown = (blocks[index]?.text ?? '').replace(/127\.0\.0\.1:\d+:/, `127.0.0.1:${port}:`);
    services[language] = composeApp({
      language: 'node',
      environment: { NAME: `service-${language}` },
      xKdev: { target: `deployment/${language}`, incoming: 'steal' },
      more: { ...parse(shown), image: debuggersImage },
    });
  }
  project = await world.project({ services });
  await project.up();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const portOf = (language: Debugged) => ports.get(language) ?? 0;

/** The line, counted from 1, of the only place in a source with this text. */
function lineOf(file: string, text: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.filter((line) => line.includes(text))).toHaveLength(1);
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** A request from the cluster stops the program, which this machine sees into, and lets go on. */
async function stopsAndGoesOn(language: Debugged, attach: () => Promise<Debugger>): Promise<void> {
  const url = `http://${language}:8080/`;
  const app = `service-${language}`;
  await eventually(`${app} answers`, { deadlineMs: 15_000 }, async () => {
    expect((await client.request({ url })).body?.app).toBe(app);
  });
  const editor = await attach();
  try {
    const request = client.request({ url: `${url}stop-here` });
    expect(await editor.stopped()).toMatch(/^['"]?\/stop-here['"]?$/);
    await editor.resume();
    expect((await request).body).toMatchObject({ app, path: '/stop-here' });
    // The condition lets others pass.
    expect((await client.request({ url })).body?.app).toBe(app);
  } finally {
    editor.close();
  }
}

test('scenario 45: node --inspect from this machine', async () => {
  const line = lineOf(
    path.join(folderOf('node'), 'app.mjs'),
    'const text = JSON.stringify(result);',
  );
  await stopsAndGoesOn('node', () =>
    attachNode(portOf('node'), {
      file: '/src/app.mjs',
      line,
      condition: 'req.url === "/stop-here"',
      expression: 'result.path',
    }),
  );
});

test('scenario 45: debugpy from this machine', async () => {
  const line = lineOf(path.join(folderOf('python'), 'app.py'), 'LOG["requests"].append(entry)');
  const breakpoints = [{ line, condition: 'self.path == "/stop-here"' }];
  await stopsAndGoesOn('python', () =>
    attachDap(portOf('python'), {
      attach: { justMyCode: true },
      breakpoint: ['setBreakpoints', { source: { path: '/src/app.py' }, breakpoints }],
      expression: 'entry["path"]',
    }),
  );
});

test('scenario 45: dlv from this machine', async () => {
  const condition = 'request.RequestURI == "/stop-here"';
  await stopsAndGoesOn('go', () =>
    attachDap(portOf('go'), {
      attach: { mode: 'remote' },
      breakpoint: [
        'setFunctionBreakpoints',
        { breakpoints: [{ name: 'main.(*app).seen', condition }] },
      ],
      expression: 'request.RequestURI',
    }),
  );
});
