import type { TrafficFilter } from './traffic-filter.ts';

/** What a filter wants, as one reads it: `header x-user=ada and path /api/*`. */
export function filterWords(filter: TrafficFilter): string {
  return conditions(filter).join(' and ');
}

function conditions({ header, path, method, body, any, all }: TrafficFilter): readonly string[] {
  return [
    ...pairs('header', header),
    ...(path ? [`path ${path.join(' or ')}`] : []),
    ...(method ? [`method ${method.join(' or ')}`] : []),
    ...pairs('body', body),
    ...(all ?? []).flatMap(conditions),
    ...(any ? [eitherOf(any)] : []),
  ];
}

function pairs(kind: string, map: Readonly<Record<string, string>> = {}): readonly string[] {
  return Object.entries(map).map(([name, pattern]) => `${kind} ${name}=${pattern}`);
}

function eitherOf(filters: readonly TrafficFilter[]): string {
  const words = filters.map(filterWords);
  return words.length === 1 ? words.join() : `(${words.join(' or ')})`;
}
