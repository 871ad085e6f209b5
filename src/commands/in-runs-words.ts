import { isKdevError, KdevError } from '../errors/kdev-error.ts';

/** What is done for a container of `kdev run`: errors name the commands that know it, which are not those of Compose. */
export async function inRunsWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isKdevError(error) ? told(error, name) : error;
  }
}

function told(error: KdevError, name: string): KdevError {
  const commands = new Map([
    ['kdev compose down', `kdev stop ${name}`],
    ['kdev compose up -d', `kdev run --name ${name} …`],
  ]);
  const hints = error.hints.map((hint) => {
    const command = commands.get(hint.command ?? '');
    return command === undefined ? hint : { ...hint, command };
  });
  return new KdevError(error.kind, { ...error.toPlain(), hints }, error);
}
