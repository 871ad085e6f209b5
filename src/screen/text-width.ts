import { stripVTControlCharacters } from 'node:util';

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const none = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!none.test(character)) width += wide.test(character) ? 2 : 1;
  }
  return width;
}

export function padText(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** Plain text cut to a width, with an ellipsis where something is missing. */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let cut = '';
  let width = 1;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    cut += character;
  }
  return `${cut}…`;
}

/** A sentence, wrapped; what goes on below stands `indent` further in. */
export function hangText(text: string, columns: number, indent = 2): string {
  const [first = '', ...rest] = wrapText(text, columns - indent);
  return [first, ...rest.map((line) => ' '.repeat(indent) + line)].join('\n');
}

/** Beside what they are about words need so much room. */
const leastBeside = 20;

/** Words beside what they are about, or below it; they go on below each other. */
export function besideText(head: string, words: string, columns: number): string {
  const indent = textWidth(head);
  if (columns - indent < leastBeside) {
    const below = wrapText(words, columns - 4).map((line) => `    ${line}`);
    return [head.trimEnd(), ...below].join('\n');
  }
  const [first = '', ...rest] = wrapText(words, columns - indent);
  return [head + first, ...rest.map((line) => ' '.repeat(indent) + line)].join('\n');
}

/** Lines of at most `columns`, however long the words are: those too are broken, behind a sign where there is one. */
export function foldText(text: string, columns: number): string[] {
  return wrapText(text, columns).flatMap((line) => breakWord(line, columns));
}

function breakWord(word: string, columns: number): string[] {
  if (textWidth(word) <= columns) return [word];
  const characters = [...word];
  let count = 0;
  for (let width = 0; width <= columns; count += 1) width += textWidth(characters[count] ?? '');
  const whole = characters.slice(0, Math.max(1, count - 1)).join('');
  const atSign = /^.+[^\p{L}\p{N}]/u.exec(whole)?.[0] ?? whole;
  const head = atSign.length > whole.length / 2 ? atSign : whole;
  return [head, ...breakWord(word.slice(head.length), columns)];
}

/** Lines of at most `columns`; a word that is longer stands alone, whole. Spaces within a line stay. */
export function wrapText(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, columns));
}

function wrapParagraph(paragraph: string, columns: number): string[] {
  if (textWidth(paragraph) <= columns) return [paragraph];
  const [first = '', ...words] = paragraph.match(/ *\S+/g) ?? [];
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (textWidth(line + word) > columns) {
      lines.push(line);
      line = word.trimStart();
    } else {
      line += word;
    }
  }
  return [...lines, line];
}
