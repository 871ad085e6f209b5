import type { ContainerFact } from './containers.ts';
import type { Engine } from './engine.ts';

/**
 * Makes a container anew, but for one thing as it is: its input ends when that of whoever is attached does, as with
 * `docker run -i`. Compose makes none like that. It must not have run yet, and be in the network of another. Its new id.
 */
export async function makeWithOneInput(
  engine: Engine,
  { id, name }: Pick<ContainerFact, 'id' | 'name'>,
): Promise<string> {
  return await engine.ask(`make the container ${name}`, async (docker) => {
    const { Config, HostConfig } = await docker.getContainer(id).inspect();
    // These are of the container whose network it joins.
    const { Hostname: _, Domainname: __, ExposedPorts: ___, ...config } = Config;
    await docker.getContainer(id).remove({ v: true });
    const made = await docker.createContainer({
      ...config,
      AttachStdin: true,
      StdinOnce: true,
      HostConfig,
      name,
    });
    return made.id;
  });
}
