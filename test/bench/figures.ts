/** One line of the bench's table, as `--json` writes it. `ratio` is kdev to its baseline of the same run. */
export interface Figure {
  readonly id: string;
  readonly unit: string;
  readonly kdev: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly rounds: number;
  /** What the reader must know to believe it. */
  readonly note?: string;
}

/** Measures both sides in turn, `rounds` times, and compares medians: a noisy machine is noisy to both. */
export async function interleave(
  id: string,
  unit: string,
  sides: { rounds: number; kdev: () => Promise<number>; baseline: () => Promise<number> },
): Promise<Figure> {
  const kdev: number[] = [];
  const baseline: number[] = [];
  for (let round = 0; round < sides.rounds; round++) {
    // Who goes first changes with each round: what the first leaves behind (caches, a warm clock) is shared out.
    const order = [
      async () => kdev.push(await sides.kdev()),
      async () => baseline.push(await sides.baseline()),
    ];
    for (const measure of round % 2 === 0 ? order : order.reverse()) await measure();
  }
  return compare(id, unit, kdev, baseline);
}

export function compare(
  id: string,
  unit: string,
  kdev: readonly number[],
  baseline: readonly number[],
): Figure {
  const [ours, theirs] = [median(kdev), median(baseline)];
  return {
    id,
    unit,
    kdev: round(ours),
    baseline: round(theirs),
    ratio: round(ours / theirs),
    rounds: kdev.length,
  };
}

/** A figure without a baseline: a count that must be 0, a share, a size. */
export function alone(id: string, unit: string, values: readonly number[], note?: string): Figure {
  const figure = {
    id,
    unit,
    kdev: round(median(values)),
    baseline: null,
    ratio: null,
    rounds: values.length,
  };
  return note === undefined ? figure : { ...figure, note };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ id, unit, kdev, baseline, ratio, rounds, note }) => [
    id,
    unit,
    String(kdev),
    baseline === null ? '–' : String(baseline),
    ratio === null ? '–' : `${ratio}x`,
    String(rounds),
    note ?? '',
  ]);
  const all = [['id', 'unit', 'kdev', 'baseline', 'ratio', 'rounds', 'note'], ...rows];
  const widths =
    all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
