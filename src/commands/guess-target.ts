/** A service of the compose project, as far as it tells which workload it is. */
export interface ServiceTraits {
  readonly name: string;
  /** Undefined where it has none of its own. */
  readonly image: string | undefined;
  /** It is built from this folder's sources: what a person works on. */
  readonly isBuilt: boolean;
  /** TCP ports of its container that it publishes or exposes. */
  readonly ports: readonly number[];
}

/** A workload, as far as it tells which service it is. */
export interface TargetTraits {
  /** `deployment/orders`. */
  readonly target: string;
  readonly image?: string;
  readonly ports: readonly { readonly port: number }[];
}

/** A service that may stand for a target, and what speaks for it. */
export interface Match<Target extends TargetTraits = TargetTraits> {
  readonly service: string;
  readonly target: Target;
  readonly reasons: readonly string[];
}

/**
 * The likeliest pairs, all equally good: by name first, then by image, then by port. Services that are built go before
 * those that are only run: nobody works on the database's image. Without any likeness every pair is as good as another.
 */
export function guessTarget<Target extends TargetTraits>(
  services: readonly ServiceTraits[],
  targets: readonly Target[],
  project: string,
): readonly Match<Target>[] {
  const pairs = services.flatMap((service) =>
    targets.map((target) => ({ service, target, likeness: compare(service, target, project) })),
  );
  const alike = pairs.filter(({ likeness }) => score(likeness) > 0);
  const built = alike.filter(({ service }) => service.isBuilt);
  const candidates = [built, alike, pairs].find((list) => list.length > 0) ?? [];
  const best = Math.max(...candidates.map(({ likeness }) => score(likeness)));
  return candidates
    .filter(({ likeness }) => score(likeness) === best)
    .map(({ service, target, likeness }) => ({
      service: service.name,
      target,
      reasons: likeness.map(({ words }) => words),
    }));
}

interface Likeness {
  readonly weight: number;
  readonly words: string;
}

function score(likenesses: readonly Likeness[]): number {
  return likenesses.reduce((sum, { weight }) => sum + weight, 0);
}

function compare(service: ServiceTraits, target: TargetTraits, project: string): Likeness[] {
  const port = target.ports.find((one) => service.ports.includes(one.port))?.port;
  return [
    ...compareNames(service.name, target.target.split('/')[1] ?? '', project),
    ...compareImages(service.image, target.image),
    ...(port === undefined ? [] : [{ weight: 1, words: `port ${port}` }]),
  ];
}

function compareNames(service: string, target: string, project: string): Likeness[] {
  const [own, other] = [parts(service), parts(target)];
  if (own.join() === other.join()) return [{ weight: 8, words: 'the same name' }];
  const withProject = [...parts(project), ...own];
  if (withProject.join() === other.join()) {
    return [{ weight: 7, words: "the name with the project's before it" }];
  }
  const shares = isWithin(own, other) || isWithin(other, own);
  return shares ? [{ weight: 4, words: 'a similar name' }] : [];
}

/** `shop_ordersApi` → shop, orders, api. */
function parts(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '');
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  if (inner.length === 0) return false;
  return outer.some((_, at) => inner.every((part, index) => outer[at + index] === part));
}

function compareImages(own: string | undefined, other: string | undefined): Likeness[] {
  if (own === undefined || other === undefined) return [];
  const [ours, theirs] = [repository(own), repository(other)];
  if (ours === theirs) return [{ weight: 6, words: `image ${ours}` }];
  const isSame = lastPart(ours) === lastPart(theirs);
  return isSame ? [{ weight: 3, words: `an image called ${lastPart(ours)}` }] : [];
}

/** Without tag and digest, and without what Docker Hub's names leave out. */
function repository(image: string): string {
  return image
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .replace(/^(docker\.io\/)?(library\/)?/, '');
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
