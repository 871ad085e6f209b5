import { expect, test } from 'vitest';
import type { Engine } from '../docker/engine.ts';
import { projectFolder } from './runtime-folder.ts';
import { Session } from './session.ts';

test('a command whose session ends meanwhile is told so, and does not succeed', async () => {
  const session = new Session({
    id: 'abc',
    key: { id: '0'.repeat(32), secret: Buffer.alloc(32) },
    project: 'shop',
    folder: projectFolder('/nowhere', 'shop'),
    engine: { docker: {} } as Engine,
    version: '1.0.0',
    owner: 'ada@laptop',
    refused: new Set(),
    env: {},
    log: () => undefined,
  });
  await session.end('stay');
  const caller = { tell: () => undefined, gone: new AbortController().signal };
  await expect(session.handlers().settle({}, caller)).rejects.toMatchObject({ code: 'KDEV8003' });
});
