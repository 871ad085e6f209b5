/** Lines around a change that show where it is. */
const around = 3;

/** What changes between two texts, as one piece in the form of `diff -u`; empty where nothing does. */
export function diff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before), linesOf(after)];
  const most = Math.min(old.length, now.length);
  let same = 0;
  while (same < most && old[same] === now[same]) same += 1;
  let tail = 0;
  while (tail < most - same && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const from = Math.max(0, same - around);
  const context = old.slice(from, same);
  const removed = old.slice(same, old.length - tail);
  const added = now.slice(same, now.length - tail);
  const rest = old.slice(old.length - tail, old.length - tail + around);
  const kept = context.length + rest.length;
  return [
    `--- ${path}`,
    `+++ ${path}`,
    `@@ -${span(from, kept + removed.length)} +${span(from, kept + added.length)} @@`,
    ...context.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...rest.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Lines are counted from 1, and a piece without lines stands behind the one before. */
function span(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`;
}
