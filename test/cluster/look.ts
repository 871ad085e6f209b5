import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { outputOf } from '../run/shell.ts';
import {
  type ClusterState,
  clusterState,
  containerName,
  findCluster,
  listClusters,
} from './cluster.ts';

/** Prints one line a cluster on stdout: name, state, nodes and where its kubeconfig lies. */
export async function printStatus(name: string | undefined): Promise<void> {
  const names = name === undefined ? await listClusters() : [name];
  if (names.length === 0) process.stdout.write('no cluster: npm run cluster -- up\n');
  for (const each of names) {
    process.stdout.write(`${each}  ${await statusOf(each)}\n`);
  }
}

async function statusOf(name: string): Promise<string> {
  const words: Record<ClusterState, () => Promise<string>> = {
    absent: async () => 'absent',
    ended: async () => `ended: ${await lastWords(name)}`,
    running: async () => {
      const cluster = await findCluster(name);
      if (cluster === undefined) return 'absent';
      const args = ['--kubeconfig', cluster.kubeconfig, 'get', 'nodes', '--no-headers'];
      const nodes = await outputOf(cluster.kubectl, args);
      return `running  ${nodes ?? 'its API does not answer'}  ${cluster.kubeconfig}`;
    },
  };
  return await words[await clusterState(name)]();
}

async function lastWords(name: string): Promise<string> {
  const output = await outputOf('docker', ['logs', '--tail', '25', containerName(name)]);
  const lines = output?.split('\n') ?? [];
  const death = lines.findIndex((line) => line.includes('Its last lines:'));
  return (death < 0 ? lines.slice(-3) : lines.slice(death)).join('\n');
}

/** Prints the node's story, or the log of one component. */
export async function printLogs(name: string, component: string | undefined): Promise<void> {
  const container = containerName(name);
  const logFile = `/var/log/kdev/${component}.log`;
  const args = component === undefined ? ['logs', container] : ['exec', container, 'cat', logFile];
  const docker = spawn('docker', args, { stdio: 'inherit' });
  const [code] = await once(docker, 'exit');
  process.exitCode = code === 0 ? 0 : 1;
}
