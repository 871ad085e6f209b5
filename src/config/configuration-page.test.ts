import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { outsideSettings } from './flags.ts';
import { knownVariables } from './known-variables.ts';
import { keysAt, projectSchema, serviceSchema } from './schema.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text = '']) => parse(text));
const examples = blocks.filter((block) => 'services' in block);

test('the examples of docs/configuration.md are valid', () => {
  expect(examples).toHaveLength(2);
  for (const { services, ...top } of examples) {
    expect(serviceSchema.safeParse(services.orders['x-kdev'])).toMatchObject({ success: true });
    expect(projectSchema.safeParse(top['x-kdev'] ?? {})).toMatchObject({ success: true });
  }
});

test('so is that of your own defaults', () => {
  const own = blocks.filter((block) => !('services' in block));
  expect(own).toHaveLength(1);
  expect(projectSchema.safeParse(own[0])).toMatchObject({ success: true });
});

test('the whole example has every key', () => {
  const whole = { ...examples[1]['x-kdev'], ...examples[1].services.orders['x-kdev'] };
  for (const key of keysAt('service', [])) {
    expect(whole, key).toHaveProperty(key);
    for (const inner of keysAt('service', [key])) expect(whole[key], key).toHaveProperty(inner);
  }
});

test('it names every flag and variable', () => {
  for (const { flag, variable } of outsideSettings) {
    expect(page).toContain(`\`${flag}\` | \`${variable}\``);
  }
});

test('it names every variable of kdev', () => {
  for (const name of knownVariables) expect(page).toContain(`| \`${name}\``);
});

test('it names every variable that the program reads, but for those of the system and of Compose', () => {
  const source = new URL('../', import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const read = files.flatMap((file) =>
    [...readFileSync(new URL(file, source), 'utf8').matchAll(/env\w*\['(\w+)'\]/g)].map(
      ([, name]) => name,
    ),
  );
  const ofTheSystem = ['HOME', 'USERPROFILE', 'LANG', 'LC_ALL', 'LC_CTYPE'];
  const isOurs = (name = '') => !ofTheSystem.includes(name) && !name.startsWith('COMPOSE_');
  const named = read.filter(isOurs);
  expect(named).toContain('KDEV_REFUSE');
  for (const name of named) expect(page).toMatch(new RegExp(`\`${name}\\b`));
});
