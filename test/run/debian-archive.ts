import { outputOf } from './shell.ts';

/** The address of the Debian archive in this machine's own apt sources; undefined where there is none. */
export async function ownDebianArchive(): Promise<string | undefined> {
  const targets = await outputOf('apt-get', [
    'indextargets',
    '--format',
    '$(LABEL) $(COMPONENT) $(REPO_URI)',
    'Identifier: Packages',
  ]);
  for (const line of targets?.split('\n') ?? []) {
    const [label, component, address] = line.split(' ');
    if (label === 'Debian' && component === 'main' && address) return address;
  }
  return undefined;
}
