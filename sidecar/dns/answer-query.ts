import { addressesOf } from '../../src/protocol/dns-addresses.ts';
import {
  buildAnswer,
  buildFormatError,
  DNS_HEADER_BYTES,
  DNS_RCODE,
  type DnsQuestion,
  parseQuestion,
  responseCode,
  udpLimitBytes,
} from '../../src/protocol/dns-message.ts';
import { Gate } from '../../src/runtime/gate.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { Tally } from '../status/tally.ts';
import {
  type AskedOf,
  chooseForwarded,
  chooseResolver,
  type LocalView,
} from './choose-resolver.ts';
import type { LocalWorld } from './local-world.ts';

/** glibc and musl ask again after 5 s: our own answer comes before. */
const AGENT_MS = 4_500;
/** How long a question waits for a link that is away. */
const LINK_MS = 2_000;
/** Questions under way at once, below the mux's own bound of calls; more wait in line, and beyond that it is SERVFAIL. */
const QUESTIONS_MAX = 800;
const LINE_MAX = 8_192;

export type Transport = 'udp' | 'tcp';

export interface AnswerOptions {
  /** Rejects with `code` ETIMEDOUT where no answer came in time. */
  readonly askAgent: (query: Buffer, transport: Transport, timeoutMs: number) => Promise<Buffer>;
  readonly isLinkUpWithin: (timeoutMs: number) => Promise<boolean>;
  readonly askDocker: (query: Buffer, transport: Transport) => Promise<Buffer>;
  /** The nameservers behind Docker's resolver. */
  readonly askUpstream: (query: Buffer, transport: Transport) => Promise<Buffer>;
  readonly world: LocalView & Pick<LocalWorld, 'learn'>;
  readonly tally: Tally['dns'];
  readonly journal: Pick<Journal, 'problem'>;
}

export type AnswerQuery = (
  query: Buffer,
  transport: Transport,
  askedOf: AskedOf,
) => Promise<Buffer | undefined>;

/**
 * Answers one DNS message: what is local by Docker, everything else by the agent, whole and as it is. The rules of
 * connections learn the addresses before who asked does.
 * Without a way to the agent the answer is SERVFAIL, never another resolver's. Undefined means silence: the agent's own
 * nameservers gave none, and the service shall see the same.
 */
export function createAnswerQuery(options: AnswerOptions): AnswerQuery {
  const gate = new Gate(QUESTIONS_MAX, LINE_MAX);
  return async (query, transport, askedOf) => {
    const question = parseQuestion(query);
    if (question === undefined) return buildFormatError(query);
    try {
      const asked = { query, question, transport, askedOf };
      const answer = await gate.run(async () => await resolve(options, asked));
      if (answer) options.world.learn(question.name, addressesOf(answer));
      return answer && truncate(answer, query, question, transport);
    } catch (error) {
      return fail(options, query, question, messageOf(error));
    }
  };
}

interface Asked {
  readonly query: Buffer;
  readonly question: DnsQuestion;
  readonly transport: Transport;
  readonly askedOf: AskedOf;
}

function resolve(options: AnswerOptions, asked: Asked): Promise<Buffer | undefined> | Buffer {
  const { query, question, askedOf } = asked;
  const choose = askedOf === 'service' ? chooseResolver : chooseForwarded;
  switch (choose(question, options.world)) {
    case 'docker':
      return fromHere(options, options.askDocker, asked);
    case 'upstream':
      return fromHere(options, options.askUpstream, asked);
    case 'agent':
      return fromAgent(options, asked);
    case 'no data':
      return buildAnswer(query, question, { rcode: DNS_RCODE.NOERROR });
    case 'no name':
      return buildAnswer(query, question, { rcode: DNS_RCODE.NXDOMAIN });
  }
}

async function fromHere(
  options: AnswerOptions,
  ask: AnswerOptions['askDocker'],
  asked: Asked,
): Promise<Buffer> {
  try {
    const answer = await ask(asked.query, asked.transport);
    options.tally.docker++;
    return answer;
  } catch (error) {
    return fail(options, asked.query, asked.question, messageOf(error));
  }
}

async function fromAgent(options: AnswerOptions, asked: Asked): Promise<Buffer | undefined> {
  const { query, question, transport } = asked;
  const { tally } = options;
  if (!(await options.isLinkUpWithin(LINK_MS))) {
    return fail(options, query, question, 'no link to the agent');
  }
  try {
    const answer = await options.askAgent(query, transport, AGENT_MS);
    if (answer.length < DNS_HEADER_BYTES) throw new Error('the agent’s answer is no DNS message');
    tally.agent++;
    answer.writeUInt16BE(question.id, 0);
    return answer;
  } catch (error) {
    const isSilent = codeOf(error) === 'ETIMEDOUT' && (await options.isLinkUpWithin(0));
    if (!isSilent) return fail(options, query, question, messageOf(error));
    tally.failed++;
    return undefined;
  }
}

function fail(options: AnswerOptions, query: Buffer, question: DnsQuestion, why: string): Buffer {
  options.tally.failed++;
  options.journal.problem('dns', `${question.name}: ${why}`);
  return buildAnswer(query, question, { rcode: DNS_RCODE.SERVFAIL });
}

/** What is too long for the client's UDP goes back empty, with TC: it asks again over TCP. */
function truncate(
  answer: Buffer,
  query: Buffer,
  question: DnsQuestion,
  transport: Transport,
): Buffer {
  if (transport === 'tcp' || answer.length <= udpLimitBytes(question)) return answer;
  return buildAnswer(query, question, { rcode: responseCode(answer), truncated: true });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
