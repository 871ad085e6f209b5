import { cutText, hangText, textWidth } from '../../src/screen/text-width.ts';

/** What a long step says of itself while it runs. */
export interface Step {
  detail(text: string): void;
}

const firstWordMs = 2_000;
const plainIntervalMs = 15_000;
const terminalIntervalMs = 500;

/** Runs one step of a story told on stderr: one line when it ends, and before that, if it is long, its elapsed time. */
export async function step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const terminal = process.stderr.isTTY;
  let detail = '';
  const tell = () => {
    const words = `  ${elapsed(startedAt)}${detail && `  ${detail}`}`;
    const room = columns() - textWidth(words) - 5;
    say(terminal ? `\r\x1b[K  … ${cutText(title, room)}${words}` : `  … ${title}${words}\n`);
  };
  let timer = setTimeout(
    function again() {
      tell();
      timer = setTimeout(again, terminal ? terminalIntervalMs : plainIntervalMs);
    },
    terminal ? terminalIntervalMs : firstWordMs,
  );
  const end = (mark: string) => {
    clearTimeout(timer);
    const line = `  ${mark} ${title}  ${elapsed(startedAt)}`;
    say(terminal ? `\r\x1b[K${hangText(line, columns())}\n` : `${line}\n`);
  };
  try {
    const result = await work({
      detail: (text) => {
        detail = text;
      },
    });
    end('✔');
    return result;
  } catch (error) {
    end('✘');
    throw error;
  }
}

/** One line of the story. */
export function tell(line: string): void {
  say(`${line}\n`);
}

/** Time since `startedAt`: `0.4s`, `12.3s`, `2m05s`. */
export function elapsed(startedAt: number): string {
  const seconds = (Date.now() - startedAt) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}

/** A terminal that does not know its size says 0. */
function columns(): number {
  return process.stderr.columns || 80;
}

function say(text: string): void {
  process.stderr.write(text);
}
