import { misused } from './misused.ts';

/**
 * `NAME=value` or `NAME` a line, as `docker run` reads its files: a value is all that follows `=`, quotes and blanks
 * included. Compose's own env files have other rules.
 */
export function parseEnvFile(text: string, path: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const entries = lines
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const entry of entries) {
    const [name = ''] = entry.split('=');
    if (name === '' || /\s/.test(name)) {
      throw misused(`${path} has a line that is neither NAME=VALUE nor NAME`);
    }
  }
  return entries;
}
