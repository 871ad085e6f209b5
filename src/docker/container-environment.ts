import type { ContainerFact } from './containers.ts';
import type { Engine } from './engine.ts';

/** What a container was made with that its image does not have so: values by name. They may be secrets. */
export async function containerEnvironment(
  engine: Engine,
  { id, image }: Pick<ContainerFact, 'id' | 'image'>,
): Promise<ReadonlyMap<string, string>> {
  const [container, own] = await engine.ask('inspect a container', (docker) =>
    Promise.all([docker.getContainer(id).inspect(), docker.getImage(image).inspect()]),
  );
  const ofImage = new Set(own.Config?.Env ?? []);
  return new Map(
    (container.Config.Env ?? [])
      .filter((entry) => !ofImage.has(entry))
      .map((entry): [string, string] => {
        const [name = '', ...value] = entry.split('=');
        return [name, value.join('=')];
      }),
  );
}
