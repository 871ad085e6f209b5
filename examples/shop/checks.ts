/** Says and checks one thing after another against the running system, and counts. */
export class Checks {
  passed = 0;
  failed = 0;

  /** Tells what happens next. */
  say(text: string): void {
    process.stdout.write(`\n${text}\n`);
  }

  /** One line with what was seen; where it is not what was expected, both. */
  check(title: string, seen: unknown, expected: unknown): void {
    const isRight =
      expected instanceof RegExp
        ? expected.test(String(seen))
        : JSON.stringify(seen) === JSON.stringify(expected);
    if (isRight) {
      this.passed++;
      process.stdout.write(`  ✔ ${title}: ${short(seen)}\n`);
    } else {
      this.failed++;
      process.stdout.write(
        `  ✘ ${title}\n      seen      ${short(seen)}\n      expected  ${short(expected)}\n`,
      );
    }
  }

  summary(): string {
    return `demo: ${this.passed} checks passed, ${this.failed} failed`;
  }
}

function short(value: unknown): string {
  const text =
    typeof value === 'string' || value instanceof RegExp ? String(value) : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
