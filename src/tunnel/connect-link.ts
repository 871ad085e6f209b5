import { type Dial, Dialler } from './dialler.ts';
import type { Link } from './link.ts';
import { callerOptions, type LinkOptions } from './link-options.ts';
import { Resumable } from './resumable.ts';

/** The caller's side. `dial` gives a fresh, secured pipe each time; its signal is aborted at its deadline and by the end. */
export function connectLink(dial: Dial, options: Partial<LinkOptions> = {}): Link {
  const all = { ...callerOptions, ...options };
  const link = new Resumable(all);
  const dialler = new Dialler(link, dial, all);
  // The owner attaches its mux first.
  process.nextTick(() => dialler.start());
  return link;
}
