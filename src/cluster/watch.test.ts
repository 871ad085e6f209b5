import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { clusterAt, serveHttp } from './test-server.ts';
import { watchObjects } from './watch.ts';

interface Thing {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const thing = (uid: string, resourceVersion = '1'): Thing => ({
  metadata: { uid, resourceVersion },
});
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

type Serve = (response: ServerResponse, version: string) => void;

/** Lists come from `lists` in turn, the last one again and again; watches are served by `watches` in turn. */
async function watching(lists: readonly (readonly Thing[] | number)[], watches: readonly Serve[]) {
  const asked = { lists: 0, watches: 0 };
  const server = await serveHttp(({ url }, response) => {
    const query = new URL(url ?? '', 'http://x').searchParams;
    if (query.has('watch')) {
      const serve = watches[asked.watches++];
      response.writeHead(200);
      response.flushHeaders();
      serve?.(response, query.get('resourceVersion') ?? '');
      return;
    }
    const items = lists[Math.min(asked.lists++, lists.length - 1)] ?? [];
    if (typeof items === 'number') response.statusCode = items;
    response.end(JSON.stringify({ items, metadata: { resourceVersion: `list-${asked.lists}` } }));
  });
  const cluster = clusterAt(server.url);
  const stop = new AbortController();
  const seen: string[] = [];
  const ended = watchObjects<Thing>(
    cluster.api,
    {
      path: '/things',
      query: { labelSelector: 'a=b' },
      onObjects: (objects) => seen.push(objects.map(({ metadata }) => metadata.uid).join('')),
      onDeleted: ({ metadata }) => seen.push(`-${metadata.uid}`),
    },
    stop.signal,
  );
  ended.catch(() => {});
  cleanups.push(
    () => server.close(),
    () => cluster.close(),
    () => stop.abort(new Error('stopped')),
  );
  return { asked, seen, ended, stop };
}

test('the list first, then each change, from the version of the list', async () => {
  const { seen } = await watching(
    [[thing('a')]],
    [
      (response, version) => {
        response.write(event('ADDED', thing(version)));
        response.write(event('BOOKMARK', { metadata: { resourceVersion: '7' } }));
        response.write(event('MODIFIED', thing('a', '8')));
        response.write(event('DELETED', thing('a', '9')));
      },
    ],
  );
  await expect.poll(() => seen).toEqual(['a', 'alist-1', 'alist-1', '-a', 'list-1']);
});

test('a watch that the server ends goes on where it was', async () => {
  const versions: string[] = [];
  const { seen, asked } = await watching(
    [[thing('a')]],
    [
      (response, version) => {
        versions.push(version);
        response.end(event('BOOKMARK', { metadata: { resourceVersion: '77' } }));
      },
      (response, version) => {
        versions.push(version);
        response.write(event('ADDED', thing('b')));
      },
    ],
  );
  await expect.poll(() => seen).toEqual(['a', 'ab']);
  expect(versions).toEqual(['list-1', '77']);
  expect(asked.lists).toBe(1);
});

describe('the truth is listed anew, and what is gone is told', () => {
  test.each<[string, Serve]>([
    ['a version too old', (response) => void response.write(event('ERROR', { code: 410 }))],
    ['garbage', (response) => void response.write('}{\n')],
    ['something that is no event', (response) => void response.write('[]\n')],
    ['a lost connection', (response) => void response.socket?.destroy()],
  ])('after %s', async (_, trouble) => {
    const { seen } = await watching([[thing('a')], [thing('b')]], [trouble]);
    await expect.poll(() => seen).toEqual(['a', '-a', 'b']);
  });

  test('also when the API server was away meanwhile', async () => {
    const away: Serve = (response) => void response.socket?.destroy();
    const { seen } = await watching([[thing('a')], 500, 500, [thing('b')]], [away, away, away]);
    await expect.poll(() => seen).toEqual(['a', '-a', 'b']);
  });
});

test('it ends with its caller’s reason', async () => {
  const { ended, stop, seen } = await watching([[]], []);
  await expect.poll(() => seen).toEqual(['']);
  stop.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
});

test('it ends where the very first list is refused', async () => {
  await expect((await watching([403], [])).ended).rejects.toMatchObject({ status: 403 });
});

test('it ends where the right to look is taken back', async () => {
  const away: Serve = (response) => void response.socket?.destroy();
  await expect((await watching([[], 403], [away])).ended).rejects.toMatchObject({ status: 403 });
});
