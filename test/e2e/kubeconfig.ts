import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const shape = z.looseObject({
  'current-context': z.string(),
  clusters: z.array(
    z.looseObject({
      cluster: z.looseObject({ server: z.string(), 'tls-server-name': z.string().optional() }),
    }),
  ),
  contexts: z.array(
    z.looseObject({
      name: z.string(),
      context: z.looseObject({ namespace: z.string().optional() }),
    }),
  ),
  users: z.array(z.looseObject({ user: z.looseObject({}) })),
});
export type Kubeconfig = z.infer<typeof shape>;

export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  return shape.parse(parse(await readFile(file, 'utf8')));
}

/** The same cluster by another port of this machine; TLS still asks for the server's true name. */
export function redirected(config: Kubeconfig, port: number, namespace: string): Kubeconfig {
  const copy = structuredClone(config);
  for (const { cluster } of copy.clusters) {
    cluster['tls-server-name'] = new URL(cluster.server).hostname;
    cluster.server = `https://127.0.0.1:${port}`;
  }
  for (const { context } of copy.contexts) context.namespace = namespace;
  return copy;
}

export async function writeKubeconfig(file: string, config: Kubeconfig): Promise<void> {
  await writeFile(file, stringify(config), { mode: 0o600 });
}
