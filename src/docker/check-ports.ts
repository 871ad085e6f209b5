import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { portInUse } from '../errors/port-in-use.ts';
import type { Engine } from './engine.ts';
import { composeProjectLabel } from './labels.ts';

/** A port that a container is to have on the engine's machine; every address where none is given. */
export interface WantedPort {
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/**
 * Throws where a port is taken: by a container of another project, or, if the engine is on this machine, by a program.
 * Those of the project's own containers are Compose's to keep or to give up.
 */
export async function checkPorts(
  engine: Engine,
  project: string,
  wanted: readonly WantedPort[],
): Promise<void> {
  if (wanted.length === 0) return;
  const containers = await engine.ask('list containers', (docker) => docker.listContainers());
  const isHere = /^(unix|npipe):/.test(engine.endpoint.url);
  await Promise.all(
    wanted.map(async (one) => {
      const holder = containers.find(({ Ports }) => Ports.some((port) => isSame(port, one)));
      if (holder?.Labels[composeProjectLabel] === project) return;
      const by =
        holder && `container ${(holder.Names[0] ?? holder.Id).replace(/^\//, '')} publishes it`;
      const evidence = by ?? (isHere ? await whyNotFree(one) : undefined);
      if (evidence) throw portInUse({ port: one.port, evidence });
    }),
  );
}

function isSame(
  held: { readonly IP?: string; readonly PublicPort?: number; readonly Type: string },
  { address, port, protocol }: WantedPort,
): boolean {
  if (held.PublicPort !== port || held.Type !== protocol) return false;
  return isEvery(address) || isEvery(held.IP) || held.IP === address;
}

function isEvery(address: string | undefined): boolean {
  return !address || address === '0.0.0.0' || address === '::';
}

/** Tries it, as the engine will. Only what says that it is taken counts: the engine may do what this user may not. */
export async function whyNotFree({
  address,
  port,
  protocol,
}: WantedPort): Promise<string | undefined> {
  const addresses = address ? [address] : ['0.0.0.0', '::'];
  const tries = addresses.map((host) =>
    protocol === 'tcp' ? listen(host, port) : bind(host, port),
  );
  const failures = await Promise.all(tries);
  return failures.find((failure) => failure?.code === 'EADDRINUSE')?.message;
}

function listen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    const options = { host, port, exclusive: true, ipv6Only: host.includes(':') };
    server.listen(options, () => server.close(() => resolve(undefined)));
  });
}

function bind(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = host.includes(':')
      ? createSocket({ type: 'udp6', ipv6Only: true })
      : createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () =>
      socket.close(() => resolve(undefined)),
    );
  });
}
