import { parseArgs } from 'node:util';
import { kdevError } from '../errors/kdev-error.ts';

/** `kdev image …`, taken apart. Without `name` the image of this version is meant. */
export type ImageCommand =
  | { readonly command: 'build'; readonly name?: string; readonly base?: string }
  | { readonly command: 'load'; readonly name?: string; readonly clusters: readonly string[] }
  | { readonly command: 'push'; readonly name?: string; readonly to: string };

export function imageHelp(defaultImage: string): string {
  return `kdev image: the one image of sidecar and agent, by default ${defaultImage}.

  kdev image build [--tag NAME] [--base IMAGE]
                              builds it, on a Debian-like image with Node 24 or newer
                              (without --base: KDEV_IMAGE_BASE, else its former base,
                              else the public node image)
  kdev image load --cluster NAME [--cluster NAME…] [--tag NAME]
                              carries it into test clusters on this machine
  kdev image push [--tag NAME] REGISTRY/NAME
                              pushes it under that name, with Docker's own credentials

  kdev image build --base registry.example.com/node:24-bookworm-slim
  kdev image push registry.example.com/kdev:0.1.0
`;
}

export function parseImageCommand([command, ...args]: readonly string[]): ImageCommand {
  switch (command) {
    case 'build': {
      const { values, words } = parse(args, { ...nameOptions, base: { type: 'string' } });
      refuseWords(words);
      const { base } = values;
      return { command, ...nameOf(values), ...(base === undefined ? {} : { base }) };
    }
    case 'load': {
      const cluster = { type: 'string', multiple: true } as const;
      const { values, words } = parse(args, { ...nameOptions, cluster });
      refuseWords(words);
      if (!values.cluster?.length) throw misused('kdev image load needs --cluster NAME');
      return { command, ...nameOf(values), clusters: values.cluster };
    }
    case 'push': {
      const { values, words } = parse(args, nameOptions);
      const [to, ...others] = words;
      if (to === undefined) throw misused('kdev image push needs REGISTRY/NAME');
      refuseWords(others);
      return { command, ...nameOf(values), to };
    }
    default:
      throw misused(`kdev image ${command ?? ''} is no command`);
  }
}

/** `--image` is the older name of `--tag`. */
const nameOptions = { tag: { type: 'string', short: 't' }, image: { type: 'string' } } as const;

function nameOf({ tag, image }: { readonly tag?: string; readonly image?: string }) {
  const name = tag ?? image;
  return name === undefined ? {} : { name };
}

type Options = Readonly<Record<string, { type: 'string'; short?: string; multiple?: boolean }>>;

function parse<T extends Options>(args: readonly string[], options: T) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    });
    return { values, words: positionals };
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : String(cause));
  }
}

function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw misused(`kdev image does not understand ${words.join(' ')}`);
}

function misused(fact: string) {
  return kdevError('COMMAND_LINE', {
    fact,
    hints: [{ who: 'you', text: 'lists its commands and flags', command: 'kdev image --help' }],
  });
}
