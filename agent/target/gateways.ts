import { readFileSync } from 'node:fs';
import { formatAddress } from '../../src/kernel/ip-address.ts';

/**
 * The default gateways of a process's network namespace, in the text form of `net.Socket.remoteAddress`. On most networks of pods
 * they are addresses of the node itself, from which its kubelet probes.
 */
export function readGateways(proc: string, pid: number): readonly string[] {
  return [
    ...parseGateways4(readFileSync(`${proc}/${pid}/net/route`, 'latin1')),
    ...parseGateways6(readIfPresent(`${proc}/${pid}/net/ipv6_route`)),
  ];
}

/** proc(5): words in the machine's byte order, which is little-endian wherever we run. */
export function parseGateways4(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((fields) => /^0+$/.test(fields[1] ?? '') && /^0+$/.test(fields[7] ?? ''))
    .map((fields) => fields[2] ?? '')
    .filter((gateway) => /^[0-9A-F]{8}$/i.test(gateway) && !/^0+$/.test(gateway))
    .map((gateway) => [...Buffer.from(gateway, 'hex')].reverse().join('.'));
}

/** net/ipv6/route.c, rt6_info_route: destination, its prefix length, source, its length, next hop. */
export function parseGateways6(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00')
    .map((fields) => fields[4] ?? '')
    .filter((gateway) => /^[0-9a-f]{32}$/.test(gateway) && !/^0+$/.test(gateway))
    .map((gateway) => formatAddress(Buffer.from(gateway, 'hex')));
}

/** The file is absent where IPv6 is switched off. */
function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
