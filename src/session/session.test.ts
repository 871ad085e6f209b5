import { expect, test } from 'vitest';
import type { Engine } from '../docker/engine.ts';
import type { SessionEvent, UpRequest } from './control.ts';
import { projectFolder } from './runtime-folder.ts';
import { Session } from './session.ts';

function newSession(): Session {
  return new Session({
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
}

test('a command whose session ends meanwhile is told so, and does not succeed', async () => {
  const session = newSession();
  await session.end('stay');
  const caller = { tell: () => undefined, gone: new AbortController().signal };
  await expect(session.handlers().settle({}, caller)).rejects.toMatchObject({ code: 'KDEV8003' });
});

test('an up that comes when the session ends is told at once, and refused when it has ended', async () => {
  const session = newSession();
  const order: string[] = [];
  const ended = session.end('stay').then(() => order.push('ended'));
  const caller = {
    tell: ({ kind }: SessionEvent) => void order.push(kind),
    gone: new AbortController().signal,
  };
  const asked = session.handlers().up({ project: 'shop' } as UpRequest, caller);
  await expect(asked).rejects.toMatchObject({ code: 'KDEV8003' });
  await ended;
  expect(order).toEqual(['ending', 'ended']);
});

test('a command in the foreground is told that another one ends its session, or what does', async () => {
  const session = newSession();
  const told: SessionEvent[] = [];
  const caller = {
    tell: (event: SessionEvent) => void told.push(event),
    gone: new AbortController().signal,
  };
  const exited = session.handlers().attach({}, caller);
  await session.end('stay');
  await exited;
  expect(told).toEqual([{ kind: 'ending', why: undefined }]);
});
