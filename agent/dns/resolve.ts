import net from 'node:net';
import { parseAddress } from '../../src/kernel/ip-address.ts';
import {
  buildAnswer,
  buildFormatError,
  DNS_HEADER_BYTES,
  DNS_MESSAGE_MAX_BYTES,
  DNS_RCODE,
  DNS_TYPE,
  type DnsQuestion,
  encodeName,
  isTruncated,
  parseQuestion,
  responseCode,
} from '../../src/protocol/dns-message.ts';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import { Gate } from '../../src/runtime/gate.ts';
import type { Hosts } from './hosts.ts';
import { Nameserver } from './nameserver.ts';
import { renameAnswer } from './rename-answer.ts';
import type { ResolvConf } from './resolv-conf.ts';
import { candidateNames } from './search-list.ts';

export type Transport = 'udp' | 'tcp';

export interface ResolveOptions {
  readonly names: () => Promise<{ readonly hosts: Hosts; readonly conf: ResolvConf }>;
  /** Default 53. */
  readonly port?: number;
}

/** The service's own resolver asks again after 5 s: by then it shall have had a second nameserver's answer. */
const TOTAL_MS = 4200;
/** What one server may take before the next one is asked, however long the pod's resolver would wait. */
const TRY_MS = 1500;
/** A server that did not answer is asked last for a while. */
const UNWELL_MS = 5000;
const HOSTS_TTL_SECONDS = 5;
/** Questions under way at once: more would overflow the receive buffers on the way, ours or the nameserver's. */
const PLACES = 128;
const LINE_MAX = 4096;
const IN = 1;

/**
 * Resolves raw DNS messages as a process of the pod would: the pod's /etc/hosts, then its nameservers with its search list. The first name
 * that exists answers, with or without records of the asked type; NXDOMAIN only when no candidate exists; another failure of a
 * candidate is the answer where no later one exists. ETIMEDOUT where no nameserver answered in time.
 */
export class PodResolver {
  readonly #options: ResolveOptions;
  readonly #gate = new Gate(PLACES, LINE_MAX);
  readonly #servers = new Map<string, Nameserver>();
  /** Server → until when it is asked last. */
  readonly #unwell = new Map<string, number>();

  constructor(options: ResolveOptions) {
    this.#options = options;
  }

  async resolve(query: Buffer, transport: Transport): Promise<Buffer> {
    const question = parseQuestion(query);
    if (question === undefined) return refuse(query);
    if (question.opcode !== 0) return buildAnswer(query, question, { rcode: DNS_RCODE.NOTIMP });
    const { hosts, conf } = await this.#options.names();
    const known = answerFromHosts(query, question, hosts);
    if (known) return known;
    return await this.#gate.run(() => this.#search({ query, question, transport, conf }));
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  async #search(asked: {
    query: Buffer;
    question: DnsQuestion;
    transport: Transport;
    conf: ResolvConf;
  }): Promise<Buffer> {
    const { query, question, transport, conf } = asked;
    const endMs = performance.now() + TOTAL_MS;
    let failure: Buffer | undefined;
    let denial: Buffer | undefined;
    for (const labels of candidateNames(question, conf)) {
      const isAsAsked = labels === question.labels;
      const sent = isAsAsked ? query : withName(query, question, labels);
      const answer = await this.#ask(sent, { transport, conf, endMs });
      const rcode = responseCode(answer);
      const told = isAsAsked ? withId(answer, question.id) : rename(answer, query, question);
      if (rcode === DNS_RCODE.NOERROR) return told;
      if (rcode !== DNS_RCODE.NXDOMAIN) failure ??= told;
      else if (isAsAsked) denial = told;
    }
    return failure ?? denial ?? buildAnswer(query, question, { rcode: DNS_RCODE.NXDOMAIN });
  }

  /** Asks one server after the other, as often as the pod's resolver would; a server's failure leads on to the next one. */
  async #ask(
    query: Buffer,
    { transport, conf, endMs }: { transport: Transport; conf: ResolvConf; endMs: number },
  ): Promise<Buffer> {
    let failure: Buffer | undefined;
    let isSilent = false;
    const servers = this.#inOrder(conf.nameservers);
    for (const address of Array.from({ length: conf.attempts }, () => servers).flat()) {
      const timeoutMs = Math.min(TRY_MS, conf.timeoutMs, endMs - performance.now());
      if (timeoutMs <= 0) break;
      try {
        const answer = await askOnce(this.#server(address), query, transport, timeoutMs);
        this.#unwell.delete(address);
        if (!isServersFault(responseCode(answer))) return answer;
        failure = answer;
      } catch (error) {
        isSilent ||= errnoOf(error) === 'ETIMEDOUT';
        this.#unwell.set(address, performance.now() + UNWELL_MS);
      }
    }
    if (failure) return failure;
    if (isSilent) throw errnoError('ETIMEDOUT', `no answer from ${servers.join(', ')}`);
    const question = parseQuestion(query);
    if (question === undefined) throw errnoError('EPROTO', 'no question');
    return buildAnswer(query, question, { rcode: DNS_RCODE.SERVFAIL });
  }

  #inOrder(addresses: readonly string[]): readonly string[] {
    const nowMs = performance.now();
    const isUnwell = (address: string) => (this.#unwell.get(address) ?? 0) > nowMs;
    return [
      ...addresses.filter((address) => !isUnwell(address)),
      ...addresses.filter((address) => isUnwell(address)),
    ];
  }

  #server(address: string): Nameserver {
    const known = this.#servers.get(address);
    if (known) return known;
    const server = new Nameserver(address, this.#options.port);
    this.#servers.set(address, server);
    return server;
  }
}

async function askOnce(
  server: Nameserver,
  query: Buffer,
  transport: Transport,
  timeoutMs: number,
): Promise<Buffer> {
  if (transport === 'tcp') return await server.askTcp(query, timeoutMs);
  const answer = await server.askUdp(query, timeoutMs);
  if (!isTruncated(answer)) return answer;
  // Without TCP the asker still learns that there is more.
  return await server.askTcp(query, timeoutMs).catch(() => answer);
}

function refuse(message: Buffer): Buffer {
  const answer = buildFormatError(message);
  if (answer === undefined) throw errnoError('EPROTO', 'not a DNS query');
  return answer;
}

/** Another server may do better (glibc, res_send.c). */
function isServersFault(rcode: number): boolean {
  const faults: readonly number[] = [DNS_RCODE.SERVFAIL, DNS_RCODE.NOTIMP, DNS_RCODE.REFUSED];
  return faults.includes(rcode);
}

/** A name of the hosts file has the addresses there and no others: the other family gets an answer without records. */
function answerFromHosts(query: Buffer, question: DnsQuestion, hosts: Hosts): Buffer | undefined {
  const { type, name } = question;
  const isAddress = type === DNS_TYPE.A || type === DNS_TYPE.AAAA;
  const addresses = hosts.get(name);
  if (!isAddress || question.class !== IN || addresses === undefined) return undefined;
  const family = type === DNS_TYPE.A ? 4 : 6;
  const records = addresses
    .filter((address) => net.isIP(address) === family)
    .map((address) => ({ type, ttlSeconds: HOSTS_TTL_SECONDS, data: parseAddress(address) }));
  return buildAnswer(query, question, { rcode: DNS_RCODE.NOERROR, records });
}

function withName(query: Buffer, question: DnsQuestion, labels: readonly string[]): Buffer {
  const head = query.subarray(0, DNS_HEADER_BYTES);
  return Buffer.concat([head, encodeName(labels), query.subarray(question.end - 4)]);
}

function withId(answer: Buffer, id: number): Buffer {
  answer.writeUInt16BE(id, 0);
  return answer;
}

function rename(answer: Buffer, query: Buffer, question: DnsQuestion): Buffer {
  const renamed = renameAnswer(answer, query, question);
  if (renamed && renamed.length <= DNS_MESSAGE_MAX_BYTES) return renamed;
  return buildAnswer(query, question, { rcode: DNS_RCODE.SERVFAIL });
}
