/** `2.26.1-4`, `v2.38.0-desktop.1` → its numbers. */
export function parseVersion(text: string): readonly number[] {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(text.trim())?.[1];
  return numbers?.split('.').map(Number) ?? [];
}

export function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const different = than.findIndex((number, index) => (version[index] ?? 0) !== number);
  return different >= 0 && (version[different] ?? 0) < (than[different] ?? 0);
}
