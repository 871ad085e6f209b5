import { errnoOf } from '../../src/protocol/errno.ts';
import type { End } from '../../src/relay/join.ts';
import { RequestSplitter } from '../http/request-splitter.ts';
import { Http2Splitter } from '../http/split-http2.ts';
import { detectProtocol } from './detect-protocol.ts';
import { giveOpened } from './give-opened.ts';
import type { StolenConnection } from './stolen-connection.ts';
import type { Ways } from './ways.ts';

/** Not the service's own: the session lets go, or the link does not carry. */
const NO_REFUSALS: readonly string[] = ['ECANCELED', 'ETIMEDOUT'];

/** Gives the service those requests of a connection that the filter wants, and the target all else, what is no HTTP included. */
export async function giveByRequest(connection: StolenConnection, ways: Ways): Promise<void> {
  const protocol = await detectProtocol(connection);
  if (protocol === 'tls' && ways.tls) {
    await giveOpened(connection, { ...ways, tls: ways.tls }, giveByRequest);
    return;
  }
  if (protocol === 'other' || protocol === 'tls') {
    await ways.giveToTarget();
    return;
  }
  const { socket, head, to } = connection;
  const options = {
    ...ways,
    client: socket,
    head,
    openService: () => openUnlessAway(ways),
    refusal: (error: unknown) =>
      `kdev: the service that stands in for port ${to.port} does not take this request: ${error instanceof Error ? error.message : error}`,
  };
  if (protocol === 'http2') new Http2Splitter(options);
  else await new RequestSplitter(options).run();
}

async function openUnlessAway({ openService }: Ways): Promise<End | undefined> {
  try {
    return await openService();
  } catch (error) {
    if (NO_REFUSALS.includes(errnoOf(error))) return undefined;
    throw error;
  }
}
