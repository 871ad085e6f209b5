import type { IncomingMode } from './launch.ts';
import type { TrafficFilter } from './traffic-filter.ts';

/** An IP address in its canonical text form, and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What an OPEN frame says of its stream. */
export type StreamInfo =
  | {
      /** sidecar → agent: dial `to` from the target's network namespace; ACCEPT follows connect(), RST carries its errno. */
      readonly kind: 'outgoing.tcp';
      readonly to: Endpoint;
    }
  | {
      /** sidecar → agent: connect to a stream socket at an absolute path of the target's container, a latin1 string of its bytes. */
      readonly kind: 'outgoing.unix';
      readonly path: string;
    }
  | {
      /**
       * sidecar → agent: one UDP socket in the target's network, for one socket of the service's. Its datagrams carry the peer's address
       * each (addressed-datagram.ts); the stream carries no bytes and ends with the socket.
       */
      readonly kind: 'outgoing.udp';
    }
  | {
      /** agent → sidecar: a client of one of the target's UDP ports. Its datagrams are the stream's; those of the service are its answers. */
      readonly kind: 'incoming.udp';
      /** What is answered to a mirrored client is thrown away. */
      readonly mode: Exclude<IncomingMode, 'off'>;
      /** The client, as the target sees it. */
      readonly from: Endpoint;
      readonly to: Endpoint;
    }
  | {
      /** agent → sidecar: a connection that reached the target. A mirrored one carries the client's bytes only. */
      readonly kind: 'incoming.tcp';
      readonly mode: Exclude<IncomingMode, 'off'>;
      /** The client, as the target sees it. */
      readonly from: Endpoint;
      /** Where the client connected to: `to.port` is the target's port. */
      readonly to: Endpoint;
      /** Whether a mirrored connection was joined after its start. */
      readonly joined?: boolean;
    };

/** Attributes of a file, as the target's kernel reports them; times are in nanoseconds since the epoch. */
export interface FileAttributes {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blocks: number;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** One name of a directory. Names and link targets are bytes, held as latin1 strings. */
export interface DirectoryEntry {
  readonly name: string;
  readonly attributes: FileAttributes;
  /** Target of a symbolic link. */
  readonly link?: string;
}

/** A file of a materialised tree; its bytes are a slice of the answer's tail. */
export interface TreeFile {
  /** Path below the tree's root, '' for the root itself. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly kind: 'directory' | 'file' | 'link';
  /** Target of a symbolic link. */
  readonly link?: string;
  /** Length of this file's bytes in the tail, in the order of the list. */
  readonly size: number;
}

/**
 * The methods that a peer serves: name → arguments and answer. `tail` says which side sends raw bytes behind its map.
 * Every path is absolute in the target's container, as a latin1 string of its bytes.
 */
export interface AgentApi {
  /**
   * Which ports to intercept now: those whose service port is listening; with a filter, the HTTP requests that it matches. Replaces the
   * former set.
   */
  'incoming.set': {
    args: {
      readonly mode: IncomingMode;
      readonly ports: readonly number[];
      /** Whether connections that are open when a port is stolen are reset, so that their clients come back. */
      readonly flush?: boolean;
      readonly filter?: TrafficFilter;
      /** The same of UDP ports; none where they are not named. */
      readonly udp?: readonly number[];
    };
    answer: { readonly ports: readonly number[]; readonly udp?: readonly number[] };
  };
  /** tail → tail: one DNS message each way, without the length prefix of TCP. */
  'dns.query': { args: { readonly transport: 'udp' | 'tcp' }; answer: Record<string, never> };
  'files.stat': {
    args: { readonly path: string; readonly follow: boolean };
    answer: { readonly attributes: FileAttributes; readonly link?: string };
  };
  'files.list': {
    args: { readonly path: string };
    answer: { readonly entries: readonly DirectoryEntry[] };
  };
  /** → tail: up to `length` bytes at `offset`; fewer only at the end of the file. */
  'files.read': {
    args: { readonly path: string; readonly offset: number; readonly length: number };
    answer: { readonly attributes: FileAttributes };
  };
  /** → tail: the bytes of all files of a small tree. EFBIG where it exceeds the limits. */
  'files.tree': {
    args: { readonly path: string };
    answer: { readonly files: readonly TreeFile[]; readonly version: string };
  };
  /** Answers when the tree's version differs from `version`, or after `waitMs` with the same. */
  'files.watch': {
    args: { readonly path: string; readonly version: string; readonly waitMs: number };
    answer: { readonly version: string };
  };
  /** The addresses of the target's network, but for loopback and link-local ones; one an IP family suffices. */
  'target.addresses': {
    args: Record<string, never>;
    answer: { readonly addresses: readonly string[] };
  };
  'agent.status': { args: Record<string, never>; answer: AgentStatus };
  /** session only. → tail: the target's environment as the kernel holds it, NUL-separated. */
  'target.environment': { args: Record<string, never>; answer: Record<string, never> };
  /** session only: what can be seen of the cluster's addresses: networks of pods, as CIDRs, and addresses of Services. */
  'target.network': {
    args: Record<string, never>;
    answer: { readonly pods: readonly string[]; readonly services: readonly string[] };
  };
  /** session only: gives the target its traffic back at once and refuses to intercept again. */
  'incoming.release': { args: Record<string, never>; answer: Record<string, never> };
  /** session only: releases, answers, and exits. */
  'agent.leave': { args: Record<string, never>; answer: Record<string, never> };
}

/** The methods that the sidecar serves to the agent. */
export interface SidecarApi {
  /** Says why the agent changed something by itself, for `kdev status` and the logs. */
  'sidecar.notice': { args: { readonly text: string }; answer: Record<string, never> };
}

export interface UdpCounts {
  /** Outgoing: sockets of the service that speak through the agent now. Incoming: clients that speak to it. */
  readonly flows: number;
  /** Datagrams of the service's that were sent, and those that came for it. */
  readonly sent: number;
  readonly received: number;
  /** Datagrams that found no room in a queue, or that the kernel did not take. */
  readonly dropped: number;
}

export interface TakenPort {
  readonly port: number;
  readonly session: string;
}

export interface AgentStatus {
  readonly protocol: number;
  readonly incoming: {
    readonly mode: IncomingMode;
    readonly ports: readonly number[];
    readonly connections: number;
    readonly open: number;
    /** The wanted port that another session has, and that session: for as long as it is wanted and refused. */
    readonly taken?: TakenPort;
    /** Connections left to the target: probes, refusals, no link. */
    readonly passed: number;
    /** Packets that the kernel dropped before the mirror read them. */
    readonly dropped: number;
    readonly udp: UdpCounts & { readonly ports: readonly number[] };
  };
  readonly outgoing: {
    readonly connections: number;
    readonly open: number;
    readonly failed: number;
    readonly udp: UdpCounts;
  };
  readonly dnsQueries: number;
  readonly fileOperations: number;
  readonly rssBytes: number;
  readonly linkUp: boolean;
}

export type Method = keyof AgentApi | keyof SidecarApi;
export type Api = AgentApi & SidecarApi;
