import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, connect as dialTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connectLink } from '../../src/tunnel/connect-link.ts';
import type { Link } from '../../src/tunnel/link.ts';
import { LinkAcceptor } from '../../src/tunnel/link-acceptor.ts';
import type { LinkOptions } from '../../src/tunnel/link-options.ts';
import { Mux, type MuxOptions } from '../../src/tunnel/mux.ts';
import { acceptSecurePipe, securePipe } from '../../src/tunnel/secure-pipe.ts';
import { KillingProxy } from './killing-proxy.ts';
import { memoryPair } from './pipes.ts';

/** Both ends of a tunnel in this process, over some kind of pipe. */
export interface Stage {
  readonly caller: Mux;
  readonly agent: Mux;
  readonly callerLink: Link;
  readonly agentLink: Link;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly link?: Partial<LinkOptions>;
  readonly mux?: Partial<MuxOptions>;
}

type Dial = (signal: AbortSignal) => Promise<Duplex>;

/** Joins two muxes; `dial` must hand the agent's end of each pipe to the acceptor. */
export async function joinMuxes(
  makeDial: (acceptor: LinkAcceptor) => Dial,
  { link = {}, mux = {} }: StageOptions = {},
): Promise<Stage> {
  let take: (ends: { agent: Mux; agentLink: Link }) => void = () => {};
  const taken = new Promise<{ agent: Mux; agentLink: Link }>((resolve) => {
    take = resolve;
  });
  const acceptor = new LinkAcceptor((agentLink) => {
    take({ agent: new Mux(agentLink, { ...mux, side: 'agent' }), agentLink });
  }, link);
  const callerLink = connectLink(makeDial(acceptor), link);
  const caller = new Mux(callerLink, { ...mux, side: 'caller' });
  const { agent, agentLink } = await taken;
  const close = async () => {
    await Promise.all([caller.close('the test is over'), agent.closed]);
  };
  return { caller, agent, callerLink, agentLink, close };
}

export function memoryStage(options?: StageOptions): Promise<Stage> {
  return joinMuxes(
    (acceptor) => () => {
      const [caller, agent] = memoryPair();
      acceptor.accept(agent);
      return Promise.resolve(caller);
    },
    options,
  );
}

/** TLS over TCP, as between sidecar and agent. */
export async function tcpStage(options?: StageOptions): Promise<Stage> {
  const { stage } = await securedStage(options, (agentPort) => Promise.resolve(agentPort));
  return stage;
}

/** The same through a hop that cuts the connection again and again, at offsets that only chance knows. */
export async function killedStage(
  options?: StageOptions,
  cut: () => number | undefined = () => Math.floor(Math.random() * 500_000),
): Promise<Stage & { readonly proxy: KillingProxy }> {
  let proxy: KillingProxy | undefined;
  const { stage, stop } = await securedStage(options, async (agentPort) => {
    proxy = await KillingProxy.start(agentPort);
    return proxy.port;
  });
  if (proxy === undefined) throw new Error('unreachable');
  const own = proxy;
  own.nextCut = cut;
  own.cutAll();
  const close = async () => {
    own.nextCut = () => undefined;
    await stage.close();
    await own.close();
    stop();
  };
  return { ...stage, proxy: own, close };
}

export async function securedStage(
  options: StageOptions | undefined,
  route: (agentPort: number) => Promise<number>,
): Promise<{ stage: Stage; stop: () => void }> {
  const key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
  const listener = createServer({ noDelay: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const port = await route((listener.address() as AddressInfo).port);
  const stage = await joinMuxes((acceptor) => {
    listener.on('connection', (socket) => {
      acceptSecurePipe(socket, key, AbortSignal.timeout(10_000)).then(
        ({ pipe }) => acceptor.accept(pipe),
        () => socket.destroy(),
      );
    });
    return async (signal) => securePipe(await dialled(port), 'sidecar', key, signal);
  }, options);
  const stop = () => {
    listener.close();
  };
  const close = async () => {
    await stage.close();
    stop();
  };
  return { stage: { ...stage, close }, stop };
}

function dialled(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dialTcp({ host: '127.0.0.1', port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The kinds of pipe over which one suite runs. */
export const stages: readonly (readonly [string, (options?: StageOptions) => Promise<Stage>])[] = [
  ['memory', memoryStage],
  ['TCP and TLS', tcpStage],
  ['a pipe that is cut again and again', (options) => killedStage(options)],
];
