import { type Page, splitBlocks } from './pages.ts';

/** A command on a page, as a reader would type it: without prompt and comment. */
export interface CommandLine {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

const programs = ['kdev', 'kdev-docker', 'npm', 'npx', 'docker', 'kubectl', 'devcontainer'];
const programWords = new RegExp(`^(export|curl|cd|${programs.join('|')}) `);

/**
 * The lines of a page's blocks that are to be typed: behind `$ ` where a block has such a line, all of a block of sh, and
 * in a block without a language those that begin with a program.
 */
export function typedLines(page: Page): readonly CommandLine[] {
  return splitBlocks(page).blocks.flatMap(({ language, line, text }) => {
    const lines = text.split('\n').map((one, index) => ({ text: one, line: line + index }));
    const prompted = lines.filter((one) => one.text.startsWith('$ '));
    const typed = prompted.length > 0 ? prompted : lines.filter(({ text: one }) => isTyped(one));
    const isShell = ['', 'sh', 'console'].includes(language);
    return isShell
      ? typed.map((one) => ({ page: page.name, line: one.line, text: bare(one.text) }))
      : [];

    function isTyped(one: string): boolean {
      return language === 'sh' ? /^[^\s#]/.test(one) : programWords.test(one);
    }
  });
}

/** Commands of kdev and npm in the page's sentences: `kdev status`; up to the first `…`. */
export function mentionedLines(page: Page): readonly CommandLine[] {
  return splitBlocks(page).rest.flatMap((one, index) =>
    [...one.matchAll(/`((?:kdev|kdev-docker|npm|npx) [^`]+)`/g)].map(([, text = '']) => ({
      page: page.name,
      line: index + 1,
      text: bare(text.split('…', 1)[0] ?? ''),
    })),
  );
}

function bare(line: string): string {
  return line
    .replace(/^\$ /, '')
    .replace(/\s+#\s.*$/, '')
    .trim();
}

/** The commands of a line, each taken apart as a shell does it; what a `$(…)` runs is one of them. */
export function commandsOf(line: string): readonly (readonly string[])[] {
  const inner: string[] = [];
  const outer = line.replace(/\$\(([^)]*)\)/g, (_, command: string) => {
    inner.push(command);
    return 'VALUE';
  });
  const commands = outer.split(/ *(?:&&|\|\||[;|]) */).map(words);
  return [...commands, ...inner.map(words)].filter((one) => one.length > 0);
}

function words(command: string): string[] {
  const all = [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
  const redirected = all.findIndex((word) => /^[12&]?[<>]/.test(word));
  const kept = redirected < 0 ? all : all.slice(0, redirected);
  const first = kept.findIndex((word) => !/^[A-Z_]+=/.test(word));
  return first < 0 ? [] : kept.slice(first);
}
