import { relative } from 'node:path';
import { type ComposeFiles, findComposeFiles } from '../compose/compose-files.ts';
import { mayHaveXKdev } from '../compose/x-kdev-in-files.ts';
import { projectCommandLine } from './open-project.ts';

/** What to type next, by what lies in the folder. */
export async function beginning(): Promise<readonly string[]> {
  const directory = process.cwd();
  const found = findComposeFiles(projectCommandLine({}), {
    directory,
    environment: process.env,
  });
  return words(found, await mayHaveXKdev(found), directory);
}

function words(
  { files }: Pick<ComposeFiles, 'files'>,
  isReady: boolean,
  directory: string,
): readonly string[] {
  const [file] = files.map((path) => relative(directory, path));
  if (file === undefined) {
    return ['To begin, in the folder of your compose file:', '', '  kdev init'];
  }
  if (isReady) return [`To bring ${file} up:`, '', '  kdev compose up -d'];
  return [`To begin, give a service of ${file} its pod:`, '', '  kdev init'];
}
