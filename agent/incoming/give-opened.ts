import { abort, type End } from '../../src/relay/join.ts';
import { secure } from '../tls/ask-target.ts';
import type { TargetTls } from '../tls/target-tls.ts';
import { handOver, type StolenConnection } from './stolen-connection.ts';
import type { Ways } from './ways.ts';

/** Gives what a TLS connection carries as if it were plain, over connections that are secured like it. */
export async function giveOpened(
  connection: StolenConnection,
  ways: Ways & { readonly tls: TargetTls },
  give: (connection: StolenConnection, ways: Ways) => Promise<void>,
): Promise<void> {
  const { socket, head, to } = connection;
  const opened = await ways.tls.open({ socket, head }, to.port, ways.dialTarget).catch(() => null);
  if (opened === null) {
    abort(socket, 'ECONNRESET');
    return;
  }
  if (opened === undefined) {
    await ways.giveToTarget();
    return;
  }
  const inner = { ...connection, socket: opened.client, head: Buffer.alloc(0) };
  const openTarget = async () => await secure(await ways.openTarget(), opened);
  await give(inner, {
    ...ways,
    tls: undefined,
    openTarget,
    openService: async (): Promise<End | undefined> => {
      const stream = await ways.openService();
      return stream && (await secure(stream, opened));
    },
    giveToTarget: async () => handOver(inner, await openTarget()),
  });
}
