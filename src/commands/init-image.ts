import { imageWay, pushName } from '../cluster/image-way.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { Candidate } from './match-target.ts';

/** Elsewhere than on this machine the default is out of reach; where the target's own image comes from is not. */
export function imageToWrite(target: Candidate, settings: ServiceSettings): string | undefined {
  const way = wayOf(target);
  const isPushed = way.kind === 'push' && way.repository !== undefined;
  return isDefault(settings) && isPushed ? pushName(way, settings.agent.image) : undefined;
}

/** What brings the image into the cluster. Whoever named one has brought it. */
export function imageSteps(
  target: Candidate,
  settings: ServiceSettings,
): readonly (readonly [command: string, words: string])[] {
  const way = wayOf(target);
  if (!isDefault(settings) || way.kind === 'shared') return [];
  if (way.kind === 'load') {
    return [
      [`kdev image load --cluster ${way.cluster}`, `once a version: kdev's image into ${way.tool}`],
    ];
  }
  const where =
    way.repository === undefined
      ? 'a registry that the cluster pulls from; name it by --image'
      : 'the registry';
  return [
    [
      `kdev image push ${pushName(way, settings.agent.image)}`,
      `once a version: kdev's image to ${where}`,
    ],
  ];
}

function isDefault({ origins }: ServiceSettings): boolean {
  return origins['agent.image'].from === 'default';
}

function wayOf({ node = '', image = '', server }: Candidate) {
  return imageWay({ node, image, server });
}
