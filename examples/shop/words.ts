/** What the demo leaves to try: kdev itself is not installed, and called as the demo calls it. */
export function whatToTry(kubeconfig: string, program: string): string {
  return [
    '',
    'It stays as it is. In another terminal:',
    `  cd examples/shop; export KUBECONFIG=${kubeconfig}`,
    `  alias kdev='node ${program}'`,
    '  kdev status                          what is intercepted, and how the way is',
    '  kdev compose logs -f orders          what the local orders says',
    '  curl -s localhost:8088               the kiosk beside it',
    '  kdev compose down                    and the target answers for itself',
  ].join('\n');
}

export const howItEnds =
  'Ctrl-C here ends the demo: it removes the containers and the cluster, or the shop from a cluster of yours.';

/** Another run is faster with them. */
export function whatStays(images: readonly string[]): string {
  return `In Docker the shop's images stay, for the next run: docker rmi ${images.join(' ')}`;
}
