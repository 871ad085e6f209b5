import { once } from 'node:events';
import type net from 'node:net';
import tls from 'node:tls';
import { deadline } from '../../src/runtime/deadline.ts';
import { askTarget } from './ask-target.ts';
import { type Certificate, chooseCertificate } from './certificates.ts';

export interface TargetTlsOptions {
  /** The certificates that the target has. */
  readonly certificates: () => Promise<readonly Certificate[]>;
  /** Something that the user shall know. */
  readonly notice: (text: string) => void;
}

/** Whether connections to a port can be opened, and else why not. */
export type TlsState = 'plain' | 'ready' | 'no certificate' | 'client certificate';

/** A client's connection in plain text, and how it was secured. */
export interface OpenedTls {
  readonly client: tls.TLSSocket;
  readonly alpn: string | undefined;
  readonly servername: string | undefined;
}

interface Facts {
  readonly state: TlsState;
  readonly certificates: readonly Certificate[];
  readonly shown: string | undefined;
  readonly alpn: string | undefined;
}

/** Certificates are renewed, and targets are rolled out anew. */
const KNOWN_MS = 60_000;
const HANDSHAKE_MS = 10_000;

/** Opens TLS connections of the target's clients with the target's own certificates. */
export class TargetTls {
  readonly #options: TargetTlsOptions;
  readonly #known = new Map<number, { readonly facts: Promise<Facts>; readonly atMs: number }>();
  readonly #told = new Map<number, TlsState>();

  constructor(options: TargetTlsOptions) {
    this.#options = options;
  }

  /** What is known of a port, by one handshake with the target a minute. Rejects where it cannot be connected to. */
  async stateOf(port: number, dial: () => Promise<net.Socket>): Promise<TlsState> {
    return (await this.#factsOf(port, dial)).state;
  }

  /** The connection in plain text; undefined where it stays closed and is untouched. Rejects where the client's handshake fails. */
  async open(
    { socket, head }: { readonly socket: net.Socket; readonly head: Buffer },
    port: number,
    dial: () => Promise<net.Socket>,
  ): Promise<OpenedTls | undefined> {
    const facts = await this.#factsOf(port, dial);
    if (facts.state !== 'ready') {
      this.#tell(port, facts.state);
      return undefined;
    }
    if (head.length > 0) socket.unshift(head);
    return await terminate(socket, facts);
  }

  #factsOf(port: number, dial: () => Promise<net.Socket>): Promise<Facts> {
    const now = performance.now();
    const known = this.#known.get(port);
    if (known && now - known.atMs < KNOWN_MS) return known.facts;
    const facts = this.#ask(dial);
    facts.catch(() => this.#known.delete(port));
    this.#known.set(port, { facts, atMs: now });
    return facts;
  }

  async #ask(dial: () => Promise<net.Socket>): Promise<Facts> {
    const offer = await askTarget(await dial());
    const nothing = { certificates: [], shown: undefined, alpn: undefined };
    if (offer.speaks === 'something else') return { state: 'plain', ...nothing };
    if (offer.speaks !== 'tls') return { state: 'client certificate', ...nothing };
    const certificates = await this.#options.certificates();
    const { alpn, fingerprint: shown } = offer;
    const has = chooseCertificate(certificates, undefined, shown) !== undefined;
    return { state: has ? 'ready' : 'no certificate', certificates, shown, alpn };
  }

  #tell(port: number, state: TlsState): void {
    if (this.#told.get(port) === state || state === 'plain') return;
    this.#told.set(port, state);
    this.#options.notice(`port ${port}: ${closedWords(state)}; its connections go to the target`);
  }
}

function closedWords(state: TlsState): string {
  return state === 'client certificate'
    ? 'the target asks its clients for certificates, which no other can show: TLS stays closed to a filter'
    : 'the target speaks TLS with a certificate that is not among its mounted Secrets: TLS stays closed to a filter';
}

async function terminate(socket: net.Socket, facts: Facts): Promise<OpenedTls> {
  const choose = (name: string | undefined) =>
    chooseCertificate(facts.certificates, name, facts.shown);
  let servername: string | undefined;
  const client = new tls.TLSSocket(socket, {
    isServer: true,
    ...(facts.alpn === undefined ? {} : { ALPNProtocols: offered(facts.alpn) }),
    secureContext: choose(undefined)?.context,
    SNICallback: (name, done) => {
      servername = name;
      done(null, choose(name)?.context);
    },
  } as tls.TLSSocketOptions);
  client.allowHalfOpen = true;
  client.on('error', () => undefined); // seen by its close
  await once(client, 'secure', { signal: deadline(HANDSHAKE_MS) });
  // node:http2 would wait for the handshake: without a server around it nobody else says that it is over.
  Object.assign(client, { secureConnecting: false });
  return { client, alpn: client.alpnProtocol || undefined, servername };
}

/** Who speaks HTTP/2 speaks HTTP/1.1 too, or refuses it himself. */
function offered(alpn: string): string[] {
  return alpn === 'h2' ? ['h2', 'http/1.1'] : [alpn];
}
