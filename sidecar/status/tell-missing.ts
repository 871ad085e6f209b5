import type { Journal } from '../../src/runtime/journal.ts';

/**
 * Says in the log what is missing, once it was so at two looks in a row: at the start all of it is, for a moment. And
 * when nothing is missing any more.
 */
export function createMissingTeller(
  journal: Pick<Journal, 'note'>,
): (missing: readonly string[]) => void {
  let seen = '';
  let told = '';
  return (missing) => {
    const words = missing.join('; ');
    const isLasting = words === seen;
    seen = words;
    if (!isLasting || words === told) return;
    told = words;
    journal.note(words === '' ? 'healthy: nothing is missing any more' : `not healthy: ${words}`);
  };
}
