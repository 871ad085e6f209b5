import { NftTable } from '../../src/kernel/nftables.ts';
import { errnoError } from '../../src/protocol/errno.ts';
import type { TakenPort } from '../../src/protocol/messages.ts';
import {
  FINAL_MARK,
  nextRank,
  type OtherTable,
  parseRanks,
  parseTable,
  passMark,
  renderPlace,
  renderStealRules,
  type StealRules,
  tableName,
} from './rules.ts';

/** Several agents may begin at once: each attempt loses to another one that has begun. */
const CLAIMS_MAX = 8;

/** Another session has a port, and one of the two does not share it. */
export class PortTaken extends Error {
  readonly code = 'EADDRINUSE';
  readonly taken: TakenPort;

  constructor(taken: TakenPort) {
    super(`port ${taken.port} is taken by the session ${taken.session}`);
    this.taken = taken;
  }
}

interface Claimed {
  readonly rank: number;
  readonly table: NftTable;
}

/**
 * The rules in the target's namespace, and this agent's rank among those that steal there. They are owned by this process: the kernel
 * removes them when it ends, however it ends, and with the last table of this kind the translation of the connections that they brought.
 */
export class StealTable {
  readonly #label: string;
  #claimed: Claimed | undefined;
  #content = '';

  /** The label tells other agents whose table it is: `SESSION_CONTAINER`. */
  constructor(label: string) {
    this.#label = label;
  }

  /** The mark of what is passed on: only agents that are younger take it. */
  get passMark(): number {
    return this.#claimed ? passMark(this.#claimed.rank) : FINAL_MARK;
  }

  /** Replaces the rules in one transaction. EADDRINUSE where another agent has one of the ports and not both share it. */
  set(rules: Omit<StealRules, 'rank' | 'label'>): void {
    if (rules.ports.length === 0 && this.#claimed === undefined) return;
    const claimed = this.#claimed ?? claimRank(this.#label);
    const content = renderStealRules({ ...rules, rank: claimed.rank, label: this.#label });
    try {
      refuseTakenPorts(claimed, rules);
      claimed.table.replace(content);
      // Another agent may have set its own in between: whoever is last sees both.
      refuseTakenPorts(claimed, rules);
    } catch (error) {
      if (claimed === this.#claimed) claimed.table.replace(this.#content);
      else claimed.table.close();
      throw error;
    }
    this.#claimed = claimed;
    this.#content = content;
  }

  /** Removes all but what keeps the rank, which breaks the connections that the rules brought. */
  rest(): void {
    this.#content = renderPlace(this.#label);
    this.#claimed?.table.replace(this.#content);
  }

  /** Removes all, the rank too. Idempotent. */
  remove(): void {
    this.#claimed?.table.close();
    this.#claimed = undefined;
  }
}

/** Behind all that are there; throws what the kernel says where it lets us make no table at all. */
function claimRank(label: string): Claimed {
  let refusal: unknown;
  for (let attempt = 0; attempt < CLAIMS_MAX; attempt++) {
    const rank = nextRank(listRanks());
    if (rank === undefined) throw errnoError('EADDRINUSE', 'too many sessions steal from this pod');
    const table = new NftTable(tableName(rank));
    try {
      table.replace(renderPlace(label));
      return { rank, table };
    } catch (error) {
      table.close();
      refusal = error;
    }
  }
  throw refusal;
}

function listRanks(): readonly number[] {
  const asking = new NftTable('kdev_asking');
  try {
    return parseRanks(asking.run('list tables inet'));
  } finally {
    asking.close();
  }
}

function refuseTakenPorts(
  { rank, table }: Claimed,
  { ports, isShared }: Pick<StealRules, 'ports' | 'isShared'>,
): void {
  const others = parseRanks(table.run('list tables inet')).filter((other) => other !== rank);
  for (const other of others) {
    const { session = '', whole, shared } = listTable(table, tableName(other));
    const theirs = new Set(isShared ? whole : [...whole, ...shared]);
    const taken = ports.find((port) => theirs.has(port));
    if (taken !== undefined) {
      throw new PortTaken({ port: taken, session });
    }
  }
}

/** Its agent may leave in between. */
function listTable(table: NftTable, name: string): OtherTable {
  try {
    return parseTable(table.run(`list table inet ${name}`));
  } catch {
    return parseTable('');
  }
}
