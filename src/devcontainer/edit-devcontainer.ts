import { applyEdits, modify } from 'jsonc-parser';
import type { DevcontainerFile } from './devcontainer-file.ts';

/** What `initializeCommand` runs: a workspace that does not go through kdev would start in the wrong world. */
export const checkCommand = 'kdev devcontainer check';

type Texts = Pick<DevcontainerFile, 'text' | 'content'>;

/** The text of a devcontainer.json with the check in its `initializeCommand`, comments and form kept. */
export function addCheck({ text, content }: Texts): string {
  const own = content['initializeCommand'];
  if (JSON.stringify(own ?? '').includes(checkCommand)) return text;
  return edit(text, ['initializeCommand'], withCheck(own));
}

/** The same with what kdev is told of a workspace that no compose file describes. */
export function addCustomization(text: string, xKdev: Readonly<Record<string, unknown>>): string {
  return edit(text, ['customizations', 'kdev'], xKdev);
}

function edit(text: string, path: string[], value: unknown): string {
  const edits = modify(text, path, value, {
    formattingOptions: { ...indentation(text), eol: text.includes('\r\n') ? '\r\n' : '\n' },
  });
  return applyEdits(text, edits);
}

/** A text is a shell's, a list one program's words; an object's entries run side by side. */
function withCheck(own: unknown): unknown {
  if (own === undefined || own === '') return checkCommand;
  if (typeof own === 'string') return `${checkCommand} && ${own}`;
  if (Array.isArray(own)) return { kdev: checkCommand, own };
  return { kdev: checkCommand, ...(own as object) };
}

function indentation(text: string): { insertSpaces: boolean; tabSize: number } {
  const first = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  return { insertSpaces: !first.startsWith('\t'), tabSize: first.length };
}
