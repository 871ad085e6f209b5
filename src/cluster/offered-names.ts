import { nearestNames } from '../errors/nearest-name.ts';
import { NAMES_SHOWN } from './limits.ts';

/** What to say beside a name that is not known: the near ones, of a short list all, else how many there are. */
export function offerNames(typed: string, known: readonly string[], many: string): string {
  const near = nearestNames(typed, known, NAMES_SHOWN);
  if (near.length > 0) return `near: ${near.join(', ')}`;
  if (known.length === 0) return `there are no ${many}`;
  if (known.length <= NAMES_SHOWN) return `${many}: ${[...known].sort().join(', ')}`;
  return `${known.length} ${many}, none with a near name`;
}
