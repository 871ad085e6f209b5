import { expect, test, vi } from 'vitest';
import { type CommandForm, parseCommand } from './command-form.ts';
import { groupHelp, runGroup } from './command-group.ts';
import { commandSections } from './command-table.ts';
import { imageForm, imageLoadForm } from './forms/image-form.ts';
import { helpText } from './help.ts';

const forms = commandSections.flat().map(({ form }) => form);
const all = forms.flatMap((form) => [form, ...(form.commands ?? [])]);
const around = { kdev: [], isDebug: false, loadSections: () => Promise.resolve(commandSections) };

async function printed(run: () => unknown): Promise<string> {
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  try {
    await run();
  } finally {
    write.mockRestore();
  }
  return said.join('');
}

const helpOf = (form: CommandForm) =>
  form.commands ? groupHelp(form) : printed(() => parseCommand(form, ['--help']));

test.each(all.map((form) => [form.name, form] as const))(
  'kdev %s --help fits a screen and has its examples',
  async (name, form) => {
    const lines = (await helpOf(form)).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(form.examples.length).toBeGreaterThanOrEqual(2);
    for (const [command] of form.examples) {
      expect(lines.join('\n')).toContain(command);
      expect(command).toContain(name.split(' ')[0]);
    }
  },
);

test('kdev help: every command, on a screen of 80 columns', () => {
  const lines = helpText(commandSections, []).split('\n');
  expect(lines.length).toBeLessThanOrEqual(45);
  for (const { name } of forms) expect(helpText(commandSections, [])).toContain(`  kdev ${name} `);
  for (const line of lines.filter((text) => text.startsWith('  kdev'))) {
    expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

test.each(commandSections.flat().map((entry) => [entry.form.name, entry] as const))(
  'kdev %s is there',
  async (_, { load }) => expect(await load()).toBeTypeOf('function'),
  60_000,
);

test('a command of a command: its words go on, and a slip has its nearest', async () => {
  const got: (readonly string[])[] = [];
  const load = () =>
    Promise.resolve((args: readonly string[]) => {
      got.push(args);
      return Promise.resolve(7);
    });
  const run = (...args: string[]) => runGroup(imageForm, { load }, { args, around });
  expect(await run('load', '--cluster', 'one')).toBe(7);
  expect(got).toEqual([['--cluster', 'one']]);
  await expect(run('laod')).rejects.toThrow('kdev image: no command laod, did you mean load?');
  expect(await printed(() => run())).toContain('  push   Pushes it to a registry');
});

test('kdev image load: clusters are a list, the older name of --tag is understood', () => {
  const asked = parseCommand(imageLoadForm, ['--cluster', 'a', '--cluster', 'b', '--image', 'c']);
  expect(asked?.options).toEqual({ cluster: ['a', 'b'], image: 'c', output: 'text' });
});
