import { Readable } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import type { Engine } from './engine.ts';
import { openExecPipe } from './exec-pipe.ts';

/** Carries an image into the node of a test cluster, or of kind, on this engine: there is no registry between the two. */
export async function loadImage(engine: Engine, name: string, cluster: string): Promise<void> {
  const containers = await engine.ask('list containers', (docker) => docker.listContainers());
  const names = containers.flatMap(({ Names }) => Names.map((one) => one.replace(/^\//, '')));
  const node = findNode(names, cluster);
  const archive = Readable.from(
    await engine.ask(`save the image ${name}`, (docker) => docker.getImage(name).get()),
  );
  const importing = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
  const pipe = await openExecPipe(engine, node, importing);
  pipe.resume();
  archive.on('error', (error) => pipe.destroy(error)).pipe(pipe);
  // It need not read to the end: it knows an archive's own.
  await new Promise<void>((resolve) => pipe.on('error', () => undefined).once('close', resolve));
  archive.destroy();
  if ((await pipe.exitCode()) === 0) return;
  throw kdevError('IMAGE_NOT_LOADED', {
    fact: `cluster ${cluster} did not take the image ${name}`,
    evidence: pipe.complaint,
    hints: [{ who: 'you', text: 'shows whether the node runs', command: 'docker ps' }],
  });
}

/** The container that is a cluster's node, by what it is called. */
export function findNode(containers: readonly string[], cluster: string): string {
  const names = [`kdev-test-${cluster}`, `${cluster}-control-plane`, cluster];
  const node = names.find((name) => containers.includes(name));
  if (node !== undefined) return node;
  const clusters = containers.flatMap((name) => {
    const [, ours, kinds] = /^kdev-test-(.+)$|^(.+)-control-plane$/.exec(name) ?? [];
    return [ours ?? kinds ?? []].flat();
  });
  throw kdevError('IMAGE_NOT_LOADED', {
    fact: `no cluster ${cluster} runs on this engine${didYouMean(cluster, clusters)}`,
    evidence: [
      `looked for a container ${names.join(', ')}`,
      `clusters here: ${clusters.join(', ') || 'none'}`,
    ].join('\n'),
    hints: [
      { who: 'you', text: 'lists the containers that run', command: 'docker ps' },
      { who: 'you', text: 'for a cluster elsewhere', command: 'kdev image push REGISTRY/NAME' },
    ],
  });
}
