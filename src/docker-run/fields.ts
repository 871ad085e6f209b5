import { misused } from './misused.ts';

/** `type=bind,source=/a,"volume-opt=o=a,b",readonly` → its fields in order; a field without `=` has no value. */
export function parseFields(
  given: string,
  option: string,
): readonly (readonly [name: string, value: string | undefined])[] {
  const fields = given.match(/(?:^|,)("(?:[^"]|"")*"|[^",]*)/g) ?? [];
  if (fields.join('') !== given) throw misused(`--${option} is not understood: ${given}`);
  return fields.map((field) => {
    const bare = field.replace(/^,/, '');
    const words = bare.startsWith('"') ? bare.slice(1, -1).replaceAll('""', '"') : bare;
    const [name = '', ...value] = words.split('=');
    return [name.trim().toLowerCase(), value.length > 0 ? value.join('=') : undefined];
  });
}
