/** How kdev's image comes to a node: what to do, or that nothing is to be done. */
export type ImageWay =
  /** A cluster in containers of this machine, into which an image is carried. */
  | { readonly kind: 'load'; readonly tool: string; readonly cluster: string }
  /** The node runs the containers of this machine's own engine. */
  | { readonly kind: 'shared' }
  /** `repository`: where the target's own image comes from; undefined where that is no registry of the user's. */
  | { readonly kind: 'push'; readonly repository: string | undefined };

export interface NodeTraits {
  /** Its name, which these tools choose. */
  readonly node: string;
  /** An image that it runs already. */
  readonly image: string;
  /** The API server's address, where it is known: kind's is on this machine, and others call their nodes as kind does. */
  readonly server?: string;
}

export function imageWay({ node, image, server }: NodeTraits): ImageWay {
  for (const [tool, pattern] of tools) {
    const cluster = pattern.exec(node)?.[1];
    const isElsewhere = tool === 'kind' && server !== undefined && !onThisMachine.test(server);
    if (cluster !== undefined && !isElsewhere) return { kind: 'load', tool, cluster };
  }
  if (sharing.test(node)) return { kind: 'shared' };
  return { kind: 'push', repository: repositoryOf(image) };
}

const tools: readonly (readonly [tool: string, node: RegExp])[] = [
  ['k3d', /^k3d-(.+)-(?:server|agent)-\d+$/],
  ['minikube', /^(minikube)(?:-m\d+)?$/],
  ['the test cluster', /^kdev-test-(.+)$/],
  ['kind', /^(.+)-(?:control-plane|worker)\d*$/],
];

const onThisMachine = /^https?:\/\/(127(?:\.\d+){3}|localhost|0\.0\.0\.0|\[::1?\])(:|\/|$)/;

const sharing = /^(docker-desktop|colima|orbstack|lima-rancher-desktop)$/;

/** `registry.example.com/shop/orders:1` → `registry.example.com/shop/kdev`. A name without a registry is Docker Hub's. */
function repositoryOf(image: string): string | undefined {
  const parts = image.split('/').slice(0, -1);
  const [registry = ''] = parts;
  const isRegistry = /[.:]|^localhost$/.test(registry) && registry !== 'docker.io';
  return isRegistry ? [...parts, 'kdev'].join('/') : undefined;
}

/** The name to push an image as: its version stays. */
export function pushName(
  { repository }: { repository?: string | undefined },
  image: string,
): string {
  const [, tag = 'latest'] = /:([^/:]+)$/.exec(image) ?? [];
  return `${repository ?? 'REGISTRY/kdev'}:${tag}`;
}
