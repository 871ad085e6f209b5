import { parseArgs } from 'node:util';
import { ensureDocker } from '../run/docker-daemon.ts';
import { clusterNeeds } from '../run/needs.ts';
import { setUp } from '../run/set-up.ts';
import { elapsed, tell } from '../run/steps.ts';
import { type Cluster, downCluster, findCluster, upCluster } from './cluster.ts';
import { loadImages } from './load-images.ts';
import { printLogs, printStatus } from './look.ts';

const usage = `usage: npm run cluster -- COMMAND [--name NAME]

  up                  bring the cluster up
  down                remove it and everything made for it
  status              its state, or that of all clusters
  load IMAGE…         carry images from Docker into it
  kubeconfig          print the path of its kubeconfig
  logs [COMPONENT]    what the node, or one of its components, has logged

Several clusters run side by side under different names; the default name is "dev".
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const [command, ...rest] = positionals;
const name = values.name ?? 'dev';

try {
  if (values.help) process.stdout.write(usage);
  else await runCommand();
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function runCommand(): Promise<void> {
  switch (command) {
    case 'up':
      return await up();
    case 'down':
      return await down();
    case 'status':
      return await printStatus(values.name);
    case 'load':
      return await load(rest);
    case 'kubeconfig':
      process.stdout.write(`${(await running()).kubeconfig}\n`);
      return;
    case 'logs':
      return await printLogs(name, rest[0]);
    default:
      process.stderr.write(usage);
      process.exitCode = 2;
  }
}

async function up(): Promise<void> {
  const startedAt = Date.now();
  await setUp(clusterNeeds);
  const daemon = await ensureDocker();
  if (daemon.startedByUs)
    tell(`Docker stays up for the cluster; dockerd's process id is ${daemon.pid}`);
  const cluster = await upCluster(name);
  tell(`cluster ${name} is up (${elapsed(startedAt)})   export KUBECONFIG=${cluster.kubeconfig}`);
}

async function down(): Promise<void> {
  const startedAt = Date.now();
  const existed = await downCluster(name);
  tell(existed ? `cluster ${name} is gone (${elapsed(startedAt)})` : `there is no cluster ${name}`);
}

async function load(images: readonly string[]): Promise<void> {
  if (images.length === 0) throw new Error('name the images to load');
  await loadImages(await running(), images);
}

async function running(): Promise<Cluster> {
  const cluster = await findCluster(name);
  if (cluster === undefined) {
    throw new Error(`cluster ${name} is not running: npm run cluster -- up --name ${name}`);
  }
  return cluster;
}
