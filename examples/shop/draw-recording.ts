import { createRequire } from 'node:module';
import type { IBufferCell, Terminal as TerminalType } from '@xterm/headless';
import type { OutputEvent } from './terminal-session.ts';

const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as {
  Terminal: typeof TerminalType;
};

/** Changes that follow sooner than this are one picture. */
const framesEveryS = 0.08;
/** The last picture stays for so long before it begins again. */
const lastS = 3;

const cell = { width: 8.4, height: 18 };
const edge = 14;
const colours = {
  background: '#16181d',
  text: '#d5d8df',
  palette: ['#3b4048', '#e06c75', '#8cc265', '#d19a66', '#61afef', '#c678dd', '#56b6c2', '#d5d8df'],
};

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** One look at the terminal: each of its lines, as SVG. */
interface Frame {
  readonly at: number;
  readonly lines: readonly string[];
}

/** Draws what a terminal showed as one SVG that plays by itself: its pictures stand side by side, and a window moves over them. */
export async function drawRecording(events: readonly OutputEvent[], size: Size): Promise<string> {
  const frames = await framesOf(events, size);
  const endS = (frames.at(-1)?.at ?? 0) + lastS;
  const width = Math.ceil(size.columns * cell.width + 2 * edge);
  const height = Math.ceil(size.rows * cell.height + 2 * edge);
  const library = new Library();
  const pictures = frames.map(({ lines }) => library.picture(lines));
  const steps = frames.map(
    ({ at }, index) =>
      `${((100 * at) / endS).toFixed(2)}%{transform:translateX(${-index * width}px)}`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>kdev on a terminal</title>`,
    `<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${colours.text};white-space:pre}.b{font-weight:bold}.d{opacity:.6}${paletteStyles()}`,
    `@keyframes play{${steps.join('')}}#film{animation:play ${endS.toFixed(2)}s steps(1,end) infinite}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${colours.background}"/>`,
    `<defs>${library.definitions()}</defs>`,
    `<clipPath id="window"><rect width="${width - 2 * edge}" height="${height - 2 * edge}"/></clipPath>`,
    // The baseline of a line is a little above its lower edge.
    `<g transform="translate(${edge} ${edge - 4})" clip-path="url(#window)"><g id="film">`,
    ...pictures.map((uses, index) => `<g transform="translate(${index * width})">${uses}</g>`),
    '</g></g></svg>\n',
  ].join('');
}

/** So many lines are one block: most of them are the same in many pictures. */
const blockLines = 5;

/** Every line and every block of lines once, by the name by which pictures use it. */
class Library {
  readonly #names = new Map<string, string>();

  /** The uses of which a picture is made. */
  picture(lines: readonly string[]): string {
    const starts = lines.flatMap((_, row) => (row % blockLines === 0 ? [row] : []));
    return starts
      .map((row) => {
        const block = lines.slice(row, row + blockLines).map((text, index) => {
          return text === '' ? '' : this.#use(`<text id="ID">${text}</text>`, index + 1);
        });
        return block.every((one) => one === '')
          ? ''
          : this.#use(`<g id="ID">${block.join('')}</g>`, row);
      })
      .join('');
  }

  definitions(): string {
    return [...this.#names].map(([drawn, name]) => drawn.replace('ID', name)).join('');
  }

  #use(drawn: string, row: number): string {
    const name = this.#names.get(drawn) ?? `i${this.#names.size.toString(36)}`;
    this.#names.set(drawn, name);
    return `<use href="#${name}" y="${row * cell.height}"/>`;
  }
}

function paletteStyles(): string {
  return colours.palette.map((colour, index) => `.c${index}{fill:${colour}}`).join('');
}

/** The pictures that differ from the one before. */
async function framesOf(events: readonly OutputEvent[], size: Size): Promise<readonly Frame[]> {
  const terminal = new Terminal({
    cols: size.columns,
    rows: size.rows,
    allowProposedApi: true,
    convertEol: false,
  });
  const frames: Frame[] = [];
  for (const [index, [at, text]] of events.entries()) {
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    const [next = Number.POSITIVE_INFINITY] = events[index + 1] ?? [];
    const since = at - (frames.at(-1)?.at ?? 0);
    if (next - at >= framesEveryS || since >= framesEveryS) {
      addFrame(frames, { at, lines: linesOf(terminal, size) });
    }
  }
  terminal.dispose();
  return frames;
}

function addFrame(frames: Frame[], { at, lines }: Frame): void {
  const last = frames.at(-1);
  if (last === undefined) frames.push({ at: 0, lines });
  if (last === undefined || last.lines.join('\n') === lines.join('\n')) return;
  // One that would not be seen gives way.
  if (frames.length > 1 && at - last.at < framesEveryS / 4) frames.pop();
  frames.push({ at, lines });
}

function linesOf(terminal: TerminalType, { columns, rows }: Size): string[] {
  const { active } = terminal.buffer;
  return Array.from({ length: rows }, (_, row) => {
    const line = active.getLine(active.viewportY + row);
    const cells = Array.from({ length: columns }, (_column, x) => line?.getCell(x));
    return drawLine(cells);
  });
}

/** Runs of cells that look alike, each at its column, so that a font's own width moves nothing. */
function drawLine(cells: readonly (IBufferCell | undefined)[]): string {
  const runs: { x: number; style: string; text: string }[] = [];
  for (const [x, one] of cells.entries()) {
    const text = one?.getChars() || ' ';
    const style = one ? styleOf(one) : '';
    const last = runs.at(-1);
    if (last && last.style === style) last.text += text;
    else runs.push({ x, style, text });
  }
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(({ x, style, text }) => {
      const kept = text.trimEnd();
      const begin = kept.length - kept.trimStart().length;
      const at = `x="${round((x + begin) * cell.width)}" textLength="${round((kept.length - begin) * cell.width)}"`;
      return `<tspan ${at}${style === '' ? '' : ` class="${style}"`}>${escaped(kept.trimStart())}</tspan>`;
    })
    .join('');
}

function styleOf(one: IBufferCell): string {
  const colour = one.isFgPalette() ? [`c${one.getFgColor() % 8}`] : [];
  return [...colour, ...(one.isBold() ? ['b'] : []), ...(one.isDim() ? ['d'] : [])].join(' ');
}

const round = (value: number) => Number(value.toFixed(1));

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
