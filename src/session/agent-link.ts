import type { Duplex } from 'node:stream';
import type { AgentStatus } from '../protocol/messages.ts';
import type { SessionKey } from '../protocol/preamble.ts';
import { deadline } from '../runtime/deadline.ts';
import { connectLink } from '../tunnel/connect-link.ts';
import { Mux } from '../tunnel/mux.ts';
import { securePipe } from '../tunnel/secure-pipe.ts';
import type { ClusterNetwork } from './overlaps.ts';

const handshakeMs = 10_000;
const answerMs = 10_000;
/** Leaving must not wait for an agent that hangs: its Job is deleted after this. */
const farewellMs = 1_000;
/** Longer than a session waits for anything: who gives up is decided by the watch over the agent's pod. */
const giveUpMs = 24 * 3_600_000;

/** The session's own link to an agent, over a cluster leg of its own: for questions and orders, never for traffic. */
export class AgentLink {
  readonly #mux: Mux;
  #silentSince: string | undefined;

  constructor(key: SessionKey, openPipe: (signal: AbortSignal) => Promise<Duplex>) {
    const dial = async (signal: AbortSignal) => {
      const pipe = await openPipe(signal);
      const late = deadline(handshakeMs, signal);
      return await securePipe(pipe, 'session', key, late);
    };
    this.#mux = new Mux(connectLink(dial, { giveUpMs }), { side: 'caller' });
  }

  /** The target's environment as its kernel holds it: NUL-separated. */
  async environment(): Promise<Buffer> {
    const { tail } = await this.#mux.call('target.environment', {}, { timeoutMs: answerMs });
    return tail;
  }

  async network(): Promise<ClusterNetwork> {
    const { body } = await this.#mux.call('target.network', {}, { timeoutMs: answerMs });
    return body;
  }

  /** What each path leads to in the target's container, or the errno that it leads nowhere with. */
  async whatIs(paths: readonly string[]): Promise<ReadonlyMap<string, PathFact>> {
    return new Map(
      await Promise.all(paths.map(async (path) => [path, await this.#whatIs(path)] as const)),
    );
  }

  async status(): Promise<AgentStatus> {
    try {
      const { body } = await this.#mux.call('agent.status', {}, { timeoutMs: farewellMs });
      this.#silentSince = undefined;
      return body;
    } catch (error) {
      this.#silentSince ??= new Date().toISOString();
      throw error;
    }
  }

  /** When it first was asked for its status in vain; undefined where it answered the last time. */
  get silentSince(): string | undefined {
    return this.#silentSince;
  }

  /** The target has its traffic back when this resolves. */
  async release(): Promise<void> {
    await this.#mux.call('incoming.release', {}, { timeoutMs: farewellMs });
  }

  async leave(): Promise<void> {
    await this.#mux.call('agent.leave', {}, { timeoutMs: farewellMs });
  }

  close(): void {
    // Nothing waits for it: the agent sees the end, or that nobody comes back.
    this.#mux.close('the session leaves').catch(() => undefined);
  }

  async #whatIs(path: string): Promise<PathFact> {
    const where = Buffer.from(path).toString('latin1');
    const args = { path: where, follow: true };
    try {
      const { body } = await this.#mux.call('files.stat', args, { timeoutMs: answerMs });
      return (body.attributes.mode & fileTypeMask) === directoryType ? 'directory' : 'file';
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ELOOP' || code === 'ENOTDIR')
        return code;
      throw error;
    }
  }
}

export type PathFact = 'file' | 'directory' | 'ENOENT' | 'EACCES' | 'ELOOP' | 'ENOTDIR';

/** S_IFMT and S_IFDIR of <sys/stat.h>. */
const fileTypeMask = 0o170_000;
const directoryType = 0o040_000;
