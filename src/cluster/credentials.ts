import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import { KdevError, kdevError } from '../errors/kdev-error.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** What a request needs to be let in: headers, and agents that hold the certificates and know the proxy. */
export interface Applied {
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps its connections for the next request. */
  readonly pool: http.Agent;
  /** Opens a connection for each pipe. */
  readonly single: http.Agent;
}

type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;

/**
 * The library's credentials, asked anew for each request: certificates and tokens in files rotate, those of a plugin expire.
 * Connections live on meanwhile.
 */
export class Credentials {
  readonly #reread: () => Kubeconfig;
  #kubeconfig: Kubeconfig;
  #last: { readonly tls: Tls; readonly pool: http.Agent } | undefined;

  /** `reread` reads the same context once more. */
  constructor(kubeconfig: Kubeconfig, reread: () => Kubeconfig) {
    this.#kubeconfig = kubeconfig;
    this.#reread = reread;
  }

  async apply(): Promise<Applied> {
    const { library } = this.#kubeconfig;
    const options: RequestOptions = {};
    await library.applyToHTTPSOptions(options).catch((cause: unknown) => {
      throw cause instanceof KdevError ? cause : this.#unreadable(cause);
    });
    const single = options.agent;
    if (!(single instanceof http.Agent)) throw new Error('the library made no agent');
    if (single instanceof https.Agent) Object.assign(single.options, identity(options.servername));
    return { headers: headersOf(options), single, pool: this.#pool(library, options, single) };
  }

  /** After a 401: whether fresh credentials may be had, of the plugin, or because somebody has logged in meanwhile. */
  refresh(): boolean {
    const isForgotten = this.#kubeconfig.plugin.forget();
    try {
      const now = this.#reread();
      if (sameUser(now, this.#kubeconfig)) return isForgotten;
      this.#kubeconfig = now;
      return true;
    } catch {
      // It is being written, or gone: what is known of it has to do.
      return isForgotten;
    }
  }

  close(): void {
    this.#last?.pool.destroy();
    this.#last = undefined;
  }

  #unreadable(cause: unknown): Error {
    const { context, files } = this.#kubeconfig;
    return kdevError('KUBECONFIG_UNREADABLE', {
      fact: `a file that the kubeconfig names for context ${context.value} cannot be read`,
      evidence: `${cause instanceof Error ? cause.message : String(cause)}\nread: ${files.join(', ')}`,
      hints: [{ who: 'you', text: 'fails the same way', command: 'kubectl version' }],
      cause,
    });
  }

  #pool(library: KubeConfig, options: RequestOptions, single: http.Agent): http.Agent {
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const tls: Tls = {
      ca,
      cert,
      key,
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    if (this.#last && sameTls(this.#last.tls, tls)) return this.#last.pool;
    this.close();
    const pool = library.getCurrentCluster()?.proxyUrl ? single : poolOf(single, tls);
    this.#last = { tls, pool };
    return pool;
  }
}

/** The library's users are plain values, ours included. */
function sameUser(one: Kubeconfig, other: Kubeconfig): boolean {
  const [a, b] = [one, other].map(({ library }) => JSON.stringify(library.getCurrentUser()));
  return a === b;
}

function poolOf(single: http.Agent, tls: Tls): http.Agent {
  const kept = { keepAlive: true, maxFreeSockets: 4 };
  return single instanceof https.Agent
    ? new https.Agent({ ...kept, ...tls, ...identity(tls.servername) })
    : new http.Agent(kept);
}

/** Node sends no address as the server's name, and warns when it is told to: only the certificate is held to it. */
function identity(servername: string | undefined) {
  if (servername === undefined || isIP(servername) === 0) return {};
  const check = (_host: string, certificate: PeerCertificate) =>
    checkServerIdentity(servername, certificate);
  return { servername: '', checkServerIdentity: check };
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  const rest = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return { ...basic, ...Object.fromEntries(rest) };
}

function sameTls(a: Tls, b: Tls): boolean {
  return (
    String(a.ca) === String(b.ca) &&
    String(a.cert) === String(b.cert) &&
    String(a.key) === String(b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}
