import { readFile } from 'node:fs/promises';
import { outputOf } from './shell.ts';

export async function isDebian(): Promise<boolean> {
  const facts = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID="?debian"?$/m.test(facts);
}

/** The address of the Debian archive in this machine's own apt sources; undefined where there is none. */
export async function ownDebianArchive(): Promise<string | undefined> {
  if (!(await isDebian())) return undefined;
  const known = await findArchive();
  if (known !== undefined) return known;
  // Apt names its sources only while it holds their lists, which many images do without.
  await outputOf('apt-get', ['update']);
  return await findArchive();
}

async function findArchive(): Promise<string | undefined> {
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
