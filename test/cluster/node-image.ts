import path from 'node:path';
import { baseImage, buildBaseImage } from '../fixtures/base-image.ts';
import { buildImage } from '../fixtures/build-image.ts';
import { buildKube, type KubeBuild } from './build-kube.ts';

/** What a cluster's container is started from, and the programs that the host shares with it. */
export interface NodeImage {
  readonly tag: string;
  readonly kube: KubeBuild;
}

/** Builds the image of the node, or finds it: Debian's containerd and etcd with our build of Kubernetes. */
export async function buildNodeImage(): Promise<NodeImage> {
  const kube = await buildKube();
  await buildBaseImage();
  const tag = `kdev-test/cluster-node:${kube.version}`;
  await buildImage({
    tag,
    folder: path.join(import.meta.dirname, 'node'),
    base: baseImage,
    contexts: { kube: kube.folder },
    key: kube.key,
  });
  return { tag, kube };
}
