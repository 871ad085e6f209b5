import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CommandForm } from './command-form.ts';
import { doctorForm } from './doctor.ts';
import { envForm } from './env.ts';
import { explainForm } from './explain.ts';
import { logsForm } from './logs.ts';
import { lsForm } from './ls.ts';
import { statusForm } from './status.ts';

const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');

const forms: readonly CommandForm[] = [
  lsForm,
  envForm,
  explainForm,
  doctorForm,
  logsForm,
  statusForm,
];

test.each(forms.map((form) => [form.name, form] as const))(
  'docs/commands.md has a section on kdev %s, with every flag',
  (name, { options }) => {
    const section = page.split(/^## /m).find((text) => text.startsWith(`kdev ${name}\n`)) ?? '';
    for (const { flags } of options) {
      // The output format is told once for all.
      const long = /--[a-z-]+/.exec(flags)?.[0] ?? '';
      expect(long === '--output' ? page : section).toContain(long === '--output' ? '-o' : long);
    }
    expect(section).not.toBe('');
  },
);
