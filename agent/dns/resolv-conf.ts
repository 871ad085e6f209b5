import net from 'node:net';

/** resolver(5), as glibc reads it, with its limits. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeoutMs: number;
  readonly attempts: number;
}

const NAMESERVERS_MAX = 3;
const NDOTS_MAX = 15;
const TIMEOUT_MAX_S = 30;
const ATTEMPTS_MAX = 5;
/** glibc has had no limit since 2.26; each name costs a question. */
const SEARCH_MAX = 32;

export function parseResolvConf(text: string): ResolvConf {
  const lines = text
    .split('\n')
    .filter((line) => !/^[#;]/.test(line))
    .map((line) => line.trim().split(/\s+/));
  const valuesOf = (keyword: string) =>
    lines.filter(([first]) => first === keyword).map(([, ...values]) => values);
  const nameservers = valuesOf('nameserver')
    .map(([address]) => address?.replace(/%.*$/, '') ?? '')
    .filter((address) => net.isIP(address) !== 0)
    .slice(0, NAMESERVERS_MAX);
  // `domain` is a search list of one; the last line of either kind wins.
  const search = lines.filter(([keyword]) => keyword === 'search' || keyword === 'domain').at(-1);
  const options = valuesOf('options').flat();
  return {
    nameservers: nameservers.length > 0 ? nameservers : ['127.0.0.1'],
    search: (search?.[0] === 'domain' ? search.slice(1, 2) : (search ?? []).slice(1)).slice(
      0,
      SEARCH_MAX,
    ),
    ndots: numberOf(options, 'ndots', { fallback: 1, min: 0, max: NDOTS_MAX }),
    timeoutMs: 1000 * numberOf(options, 'timeout', { fallback: 5, min: 1, max: TIMEOUT_MAX_S }),
    attempts: numberOf(options, 'attempts', { fallback: 2, min: 1, max: ATTEMPTS_MAX }),
  };
}

function numberOf(
  options: readonly string[],
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const given = options.filter((option) => option.startsWith(`${name}:`)).at(-1);
  const value = Number.parseInt(given?.slice(name.length + 1) ?? '', 10);
  return Number.isNaN(value) ? fallback : Math.min(Math.max(value, min), max);
}
