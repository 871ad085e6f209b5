import type { Engine } from './engine.ts';
import { composeProjectLabel, labelFilter, partLabel, serviceLabel } from './labels.ts';

/** The networks of each holder of a project, `172.18.0.0/16`, by its service. */
export async function connectedNetworks(
  engine: Engine,
  project: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const label = labelFilter({ [composeProjectLabel]: project, [partLabel]: 'holder' });
  return await engine.ask('list networks', async (docker) => {
    const holders = await docker.listContainers({ filters: { label } });
    const networks = await docker.listNetworks();
    return new Map(
      holders.map(({ Labels, NetworkSettings }) => {
        const ids = Object.values(NetworkSettings.Networks).map(({ NetworkID }) => NetworkID);
        const subnets = networks
          .filter(({ Id }) => ids.includes(Id))
          .flatMap(({ IPAM }) => IPAM?.Config ?? [])
          .flatMap(({ Subnet }) => Subnet ?? []);
        return [Labels[serviceLabel] ?? '', subnets];
      }),
    );
  });
}
