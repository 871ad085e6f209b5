import { canInstall, install } from './apt.ts';
import type { Need } from './needs.ts';
import { step, tell } from './steps.ts';

/** Puts in place what is missing on Debian and Ubuntu as root; elsewhere says exactly what is missing and how to get it. */
export async function setUp(needs: readonly Need[]): Promise<void> {
  const missing = await unmet(needs);
  if (missing.length === 0) return;
  if (!(await canInstall())) throw new Error(shoppingList(missing));

  const packages = missing.flatMap((need) => need.packages);
  tell(`This machine lacks ${missing.map(({ name }) => name).join(', ')}: installing with apt`);
  await step(`installing ${packages.map(({ names }) => names.at(-1)).join(' ')}`, (running) =>
    install(packages, running),
  );
  const still = await unmet(missing);
  if (still.length > 0) throw new Error(`after the installation:\n${shoppingList(still)}`);
}

async function unmet(needs: readonly Need[]): Promise<Need[]> {
  const met = await Promise.all(needs.map((need) => need.isMet()));
  return needs.filter((_, index) => met[index] === false);
}

function shoppingList(missing: readonly Need[]): string {
  const width = Math.max(...missing.map(({ name }) => name.length));
  return [
    'This machine lacks:',
    ...missing.map(({ name, elsewhere }) => `  ${name.padEnd(width)}  ${elsewhere}`),
    'On Debian and Ubuntu the same command, run as root, installs them by itself.',
  ].join('\n');
}
