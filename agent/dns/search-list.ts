import { areLabels, type DnsQuestion, splitName } from '../../src/protocol/dns-message.ts';
import type { ResolvConf } from './resolv-conf.ts';

/**
 * The names to try for a question, in their order, as the pod's own resolver would (resolver(3)): with fewer dots than `ndots` the
 * search list comes first. The wire does not tell whether the asker wrote a dot at the end; a name with enough dots is tried as it is
 * first, so that it costs nothing. Reverse names and the root are never completed.
 */
export function candidateNames(
  { labels, name }: Pick<DnsQuestion, 'labels' | 'name'>,
  { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>,
): readonly (readonly string[])[] {
  if (labels.length === 0 || name === 'arpa' || name.endsWith('.arpa')) return [labels];
  const completed = search
    .map((suffix) => splitName(suffix))
    .filter((suffix) => suffix !== undefined && suffix.length > 0)
    .map((suffix) => [...labels, ...(suffix ?? [])])
    .filter(areLabels);
  return labels.length - 1 >= ndots ? [labels, ...completed] : [...completed, labels];
}
