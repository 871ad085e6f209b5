import type net from 'node:net';
import type { End } from '../../src/relay/join.ts';
import type { Judge } from '../http/matcher.ts';
import type { TargetTls } from '../tls/target-tls.ts';

/** What may become of a client's connection that is given by its requests. */
export interface Ways {
  readonly judge: Judge;
  /** Undefined where the target serves all; rejects where the service refuses. */
  readonly openService: () => Promise<End | undefined>;
  readonly openTarget: () => Promise<End>;
  /** What opens TLS; undefined where it stays closed. */
  readonly tls: TargetTls | undefined;
  /** A connection to the target for a question of our own. */
  readonly dialTarget: () => Promise<net.Socket>;
  /** The connection is the target's, as it is. */
  readonly giveToTarget: () => Promise<void>;
}
