/** The names nearest to a mistyped one, best first, at most `count`: those that a slip of the keys explains. */
export function nearestNames(typed: string, known: Iterable<string>, count = 3): string[] {
  const wanted = comparable(typed);
  const near: { name: string; distance: number }[] = [];
  for (const name of new Set(known)) {
    const distance = slips(wanted, comparable(name));
    if (distance !== undefined) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, count).map(({ name }) => name);
}

export function nearestName(typed: string, known: Iterable<string>): string | undefined {
  return nearestNames(typed, known, 1)[0];
}

/** `, did you mean a, b or c?`, or nothing where no name is near. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const near = nearestNames(typed, known);
  if (near.length === 0) return '';
  const last = near[near.length - 1];
  const list = near.length > 1 ? `${near.slice(0, -1).join(', ')} or ${last}` : last;
  return `, did you mean ${list}?`;
}

/** Names are cut, so that comparing two takes bounded time. */
function comparable(name: string): string {
  return name.slice(0, 80).toLowerCase();
}

/** undefined where the names are not near. A name that holds the other counts as near: `orders` and `orders-db`. */
function slips(typed: string, name: string): number | undefined {
  const distance = editDistance(typed, name);
  if (distance <= Math.max(1, Math.floor(Math.min(typed.length, name.length) / 3))) return distance;
  const [short, long] = typed.length < name.length ? [typed, name] : [name, typed];
  return short.length >= 3 && long.includes(short) ? long.length : undefined;
}

/** Damerau-Levenshtein, adjacent swaps counting one. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        at(above, column) + 1,
        at(line, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, at(before, column - 2) + 1);
      }
      line.push(best);
    }
    before = above;
    above = line;
  }
  return at(above, b.length);
}

function at(line: readonly number[], index: number): number {
  return line[index] ?? Number.POSITIVE_INFINITY;
}
