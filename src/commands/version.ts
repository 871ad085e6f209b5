import { PROTOCOL_VERSION } from '../protocol/launch.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { parseCommand } from './command-form.ts';
import { versionForm } from './forms/version-form.ts';
import { printRows, type WordsFormat } from './results.ts';

/** `kdev version`: of what runs here; `kdev doctor` tells those of Docker, Compose and the cluster. */
export async function version(args: readonly string[]): Promise<number> {
  type Options = { readonly output: WordsFormat };
  const asked = parseCommand<Options>(versionForm, args);
  if (!asked) return 0;
  const { output } = asked.options;
  const data = versions();
  if (output === 'text') {
    process.stdout.write(`kdev ${data.kdev}, protocol ${data.protocol}, Node ${data.node}\n`);
    return 0;
  }
  const rows = Object.entries(data).map(([what, value]) => [what, String(value)]);
  await printRows(output, { headings: ['part', 'version'], rows, data });
  return 0;
}

export function versions() {
  return {
    kdev: installedPackage().version,
    protocol: PROTOCOL_VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}
