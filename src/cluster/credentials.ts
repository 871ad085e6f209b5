import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
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

/** The library's credentials, asked anew for each request (files rotate, tokens expire); connections live on meanwhile. */
export class Credentials {
  readonly #kubeconfig: Kubeconfig;
  #last: { readonly tls: Tls; readonly pool: http.Agent } | undefined;

  constructor(kubeconfig: Kubeconfig) {
    this.#kubeconfig = kubeconfig;
  }

  async apply(): Promise<Applied> {
    const { library } = this.#kubeconfig;
    const options: RequestOptions = {};
    await library.applyToHTTPSOptions(options);
    const single = options.agent;
    if (!(single instanceof http.Agent)) throw new Error('the library made no agent');
    return { headers: headersOf(options), single, pool: this.#pool(library, options, single) };
  }

  /** After a 401: whether fresh credentials may be had. */
  refresh(): boolean {
    return this.#kubeconfig.plugin.forget();
  }

  close(): void {
    this.#last?.pool.destroy();
    this.#last = undefined;
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

function poolOf(single: http.Agent, tls: Tls): http.Agent {
  const kept = { keepAlive: true, maxFreeSockets: 4 };
  return single instanceof https.Agent
    ? new https.Agent({ ...kept, ...tls })
    : new http.Agent(kept);
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
