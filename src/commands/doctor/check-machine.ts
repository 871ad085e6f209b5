import { existsSync, rmdirSync } from 'node:fs';
import { dockerAsker } from '../../compose/ask-docker.ts';
import { composeVersion } from '../../compose/read-project.ts';
import {
  knownVariables,
  refuseSlips,
  unknownVariables,
  unknownWords,
} from '../../config/known-variables.ts';
import { connectEngine, type Engine } from '../../docker/engine.ts';
import { defaultImage, inspectImage, refuseOtherProtocol } from '../../docker/images.ts';
import { installedPackage } from '../../runtime/installed-package.ts';
import { thisUser } from '../../runtime/this-user.ts';
import { connectControl } from '../../session/control-client.ts';
import { listProjectFolders, makeRuntimeRoot, runtimeRoot } from '../../session/runtime-folder.ts';
import { readState } from '../../session/state-file.ts';
import { type Check, check, type Finding } from './check.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker, its Compose, kdev's image and its folder. `engine` is undefined where none answers. */
export async function checkMachine(
  env: Environment,
): Promise<{ readonly checks: readonly Check[]; readonly engine: Engine | undefined }> {
  const root = runtimeRoot(env, thisUser().uid);
  let engine: Engine | undefined;
  const docker = await check('machine', 'Docker engine', async () => {
    engine = await connectEngine();
    return `${engine.version} at ${engine.endpoint.url}`;
  });
  const others = await Promise.all([
    check('machine', 'Docker Compose', async () => {
      const ask = dockerAsker('.', env);
      return composeVersion(await ask(['compose', 'version', '--short'])).join('.');
    }),
    check('machine', 'image', () => lookAtImage(engine, env['KDEV_IMAGE'] || defaultImage())),
    check('machine', 'runtime folder', () => {
      const isThere = existsSync(root);
      makeRuntimeRoot(root);
      if (!isThere) rmdirSync(root);
      return root;
    }),
    check('machine', 'dead sessions', () => lookForDead(root)),
    check('machine', 'variables', () => lookAtVariables(env)),
  ]);
  return { checks: [docker, ...others], engine };
}

async function lookAtImage(engine: Engine | undefined, name: string): Promise<Finding> {
  if (!engine) return { skipped: 'needs the engine' };
  const found = await inspectImage(engine, name);
  if (found) {
    refuseOtherProtocol(name, found);
    return name;
  }
  const isDefault = name === defaultImage();
  return {
    warning: `${name} is not here: the first up ${isDefault ? 'builds' : 'pulls'} it`,
    hints: isDefault ? [{ who: 'you', text: 'builds it now', command: 'kdev image build' }] : [],
  };
}

function lookAtVariables(env: Environment): Finding {
  refuseSlips(env);
  const unknown = unknownVariables(env);
  if (unknown.length > 0) return { warning: unknownWords(unknown), hints: [] };
  const set = knownVariables.filter((name) => env[name]);
  return set.length === 0 ? 'none of kdev is set' : set.join(', ');
}

async function lookForDead(root: string): Promise<Finding> {
  const { version } = installedPackage();
  const dead = await Promise.all(
    listProjectFolders(root).map(async ({ controlSocket, state }) => {
      const project = readState(state)?.project;
      const client =
        project === undefined ? undefined : await connectControl(controlSocket, version);
      client?.close();
      return project === undefined || client ? [] : [project];
    }),
  );
  const projects = dead.flat();
  if (projects.length === 0) return 'none';
  return {
    warning: `the session of ${projects.join(', ')} died and left something`,
    hints: [{ who: 'you', text: 'removes what it left', command: 'kdev clean' }],
  };
}
