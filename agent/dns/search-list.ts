import { areLabels, type DnsQuestion, splitName } from '../../src/protocol/dns-message.ts';
import type { ResolvConf } from './resolv-conf.ts';

/**
 * The names to try for a question, in their order, as the pod's own resolver would (resolver(3)): with fewer dots than `ndots` the
 * search list comes first. The wire does not tell whether the asker wrote a dot at the end. So a name that ends with a domain of the list
 * (`orders.shop.svc.cluster.local`, four dots where Kubernetes sets `ndots:5`) is tried as it is first: completed once more it
 * exists nowhere, and finding that out would cost a question for each domain. Reverse names and the root are never completed.
 */
export function candidateNames(
  { labels, name }: Pick<DnsQuestion, 'labels' | 'name'>,
  { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>,
): readonly (readonly string[])[] {
  if (labels.length === 0 || name === 'arpa' || name.endsWith('.arpa')) return [labels];
  const domains = search
    .map((domain) => splitName(domain))
    .filter((domain) => domain !== undefined)
    .filter((domain) => domain.length > 0);
  const completed = domains.map((domain) => [...labels, ...domain]).filter(areLabels);
  const isWhole =
    labels.length - 1 >= ndots ||
    domains.some((domain) => name.endsWith(`.${domain.join('.').toLowerCase()}`));
  return isWhole ? [labels, ...completed] : [...completed, labels];
}
