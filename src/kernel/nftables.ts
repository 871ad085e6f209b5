import koffi from 'koffi';
import type { Address } from './libc.ts';

/** libnftables' context is a pointer that only it may look into. */
interface Library {
  newContext(flags: number): Address | null;
  freeContext(context: Address): void;
  bufferErrors(context: Address): number;
  bufferOutput(context: Address): number;
  setOutput(context: Address, flags: number): void;
  errors(context: Address): string;
  output(context: Address): string;
  run(context: Address, commands: string): number;
}

/** nftables/libnftables.h: protocols are printed as numbers; their names need /etc/protocols, which a slim image lacks. */
const NUMERIC_PROTOCOLS = 1 << 7;
const TABLE_NAME = /^[a-z][a-z0-9_]{0,30}$/;

/** What nft refused, in its own words. */
export class NftError extends Error {
  constructor(words: string) {
    super(`nft: ${words.trim() || 'refused without a word'}`);
    this.name = 'NftError';
  }
}

/**
 * One nftables table of the `inet` family with `flags owner`, held by a libnftables context of this process, in the network
 * namespace in which it was made. Its owner is the context's netlink socket, so that the kernel removes it when the process ends,
 * however it ends, and nobody else may change it. A table of that name with another owner makes `replace` throw.
 */
export class NftTable {
  readonly name: string;
  readonly #library: Library;
  #context: Address | undefined;

  constructor(name: string) {
    if (!TABLE_NAME.test(name)) throw new Error(`not a table's name: ${name}`);
    this.name = name;
    this.#library = loadLibrary();
    const context = this.#library.newContext(0);
    if (context === null) throw new NftError('no context');
    this.#context = context;
    this.#library.bufferErrors(context);
    this.#library.bufferOutput(context);
    this.#library.setOutput(context, NUMERIC_PROTOCOLS);
  }

  /** Replaces the whole content (chains and sets, as in `table inet NAME { … }`) in one transaction. */
  replace(content: string): void {
    this.run(renderReplacement(this.name, content));
  }

  /**
   * Runs any nft commands, e.g. `add element inet NAME set { … }`, as one transaction; answers what nft printed. Tables made here
   * without `flags owner` outlive the process. Throws an NftError with nft's own words.
   */
  run(script: string): string {
    const context = this.#context;
    if (context === undefined) throw new NftError(`table ${this.name} is closed`);
    if (this.#library.run(context, script) !== 0) throw new NftError(this.#library.errors(context));
    return this.#library.output(context);
  }

  /** Removes the table now. Idempotent. */
  close(): void {
    if (this.#context === undefined) return;
    this.#library.freeContext(this.#context);
    this.#context = undefined;
  }
}

/** `add` first, so that `delete` finds one: `destroy` would need nft 1.0.7 and Linux 6.3. */
export function renderReplacement(name: string, content: string): string {
  return `add table inet ${name} { flags owner; }
delete table inet ${name}
table inet ${name} {
  flags owner;
${content}
}
`;
}

function loadLibrary(): Library {
  const library = koffi.load('libnftables.so.1');
  return {
    newContext: library.func('void* nft_ctx_new(uint32_t)'),
    freeContext: library.func('void nft_ctx_free(void*)'),
    bufferErrors: library.func('int nft_ctx_buffer_error(void*)'),
    bufferOutput: library.func('int nft_ctx_buffer_output(void*)'),
    setOutput: library.func('void nft_ctx_output_set_flags(void*, unsigned int)'),
    errors: library.func('const char* nft_ctx_get_error_buffer(void*)'),
    output: library.func('const char* nft_ctx_get_output_buffer(void*)'),
    run: library.func('int nft_run_cmd_from_buffer(void*, const char*)'),
  };
}
