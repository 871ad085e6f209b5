import { NftTable } from '../../src/kernel/nftables.ts';
import { errnoError } from '../../src/protocol/errno.ts';
import { parseStolenPorts, parseTableNames, renderStealRules, type StealRules } from './rules.ts';

/**
 * The rules in the target's namespace. They are owned by this process: the kernel removes them when it ends, however it ends, and with
 * the last table of this kind the translation of the connections that they brought.
 */
export class StealTable {
  readonly #name: string;
  #table: NftTable | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Replaces the rules in one transaction. EADDRINUSE where another agent steals one of the ports. */
  set(rules: StealRules): void {
    if (rules.ports.length === 0 && this.#table === undefined) return;
    const table = this.#table ?? new NftTable(this.#name);
    try {
      refuseTakenPorts(table, rules.ports);
      table.replace(renderStealRules(rules));
    } catch (error) {
      if (table !== this.#table) table.close();
      throw error;
    }
    this.#table = table;
  }

  /** Removes all, which breaks the connections that the rules brought. Idempotent. */
  remove(): void {
    this.#table?.close();
    this.#table = undefined;
  }
}

function refuseTakenPorts(table: NftTable, ports: readonly number[]): void {
  const others = parseTableNames(table.run('list tables inet')).filter(
    (name) => name !== table.name,
  );
  for (const name of others) {
    const stolen = new Set(parseStolenPorts(listTable(table, name)));
    const taken = ports.find((port) => stolen.has(port));
    if (taken !== undefined) {
      throw errnoError('EADDRINUSE', `port ${taken} is stolen by another session (${name})`);
    }
  }
}

/** Its agent may leave in between. */
function listTable(table: NftTable, name: string): string {
  try {
    return table.run(`list table inet ${name}`);
  } catch {
    return '';
  }
}
