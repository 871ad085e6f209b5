import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CommandForm } from './command-form.ts';
import { commandSections } from './command-table.ts';
import { globalOptionsHelp } from './global-options.ts';

const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
const forms = commandSections.flat().map(({ form }) => form);

function optionsOf({ options, commands = [] }: CommandForm): CommandForm['options'] {
  return [...options, ...commands.flatMap(optionsOf)];
}

/** These are told once for all, at the top of the page. */
const common = ['--output', '--file', '--project-name', '--project-directory'];

test.each(forms.map((form) => [form.name, form] as const))(
  'docs/commands.md has a section on kdev %s, with every command and flag of it',
  (name, form) => {
    const section = page.split(/^## /m).find((text) => text.startsWith(`kdev ${name}\n`)) ?? '';
    expect(section).not.toBe('');
    for (const own of form.commands ?? []) expect(section).toContain(own.name);
    for (const { flags, isHidden, isRare } of optionsOf(form)) {
      const long = /--[a-z-]+/.exec(flags)?.[0] ?? '';
      if (isRare) expect(section).toContain('(configuration.md#where-a-value-comes-from)');
      else if (!isHidden) expect(common.includes(long) ? page : section).toContain(long);
    }
  },
);

test('it has no section on anything else, and names the options of every command', () => {
  const sections = [...page.matchAll(/^## kdev (.*)$/gm)].map(([, name]) => name);
  expect(sections.sort()).toEqual(forms.map(({ name }) => name).sort());
  for (const [flags] of globalOptionsHelp) {
    expect(page).toContain(/--[a-z]+/.exec(flags)?.[0]);
  }
});
