// The main job, told and checked against the running system: `npm run demo -- [--keep] [--context NAME --registry PREFIX]`.
import { parseArgs } from 'node:util';
import { elapsed, tell } from '../../test/run/steps.ts';
import { Checks } from './checks.ts';
import { openStage, type Stage } from './stage.ts';

const downloadBytes = 60_000_000;

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    context: { type: 'string' },
    registry: { type: 'string' },
  },
});
const checks = new Checks();
const startedAt = Date.now();

try {
  const stage = await openStage(values);
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
  tell(`(${elapsed(startedAt)})`);
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  checks.failed++;
}
process.stdout.write(`${checks.summary()}\n`);
process.exitCode = checks.failed > 0 ? 1 : 0;

async function play(stage: Stage): Promise<void> {
  const before = await targetAnswers(stage);
  checks.say('Your machine takes its place:  kdev compose up -d');
  await stage.kdev('compose', 'up', '-d');
  await serviceAnswers(stage, before);
  await sameErrors(stage, before);
  await nothingLost(stage);
  await mirrored(stage);
  if (values.keep) stage.sayWhatToTry();
  else await released(stage);
}

interface Before {
  readonly closedPort: string;
  readonly unknownName: string;
}

async function targetAnswers(stage: Stage): Promise<Before> {
  checks.say('The shop in the cluster, before anything:');
  const order = await stage.ask('/');
  checks.check(
    'a request inside the cluster is answered by',
    order['answered by'],
    'orders in the cluster',
  );
  const { connect: closedPort = '' } = await stage.ask(
    `/connect?to=${await stage.gatewayAddress()}:81`,
  );
  const { outcome: unknownName = '' } = await stage.ask('/resolve?name=nobody.shop');
  return { closedPort, unknownName };
}

async function serviceAnswers(stage: Stage, before: Before): Promise<void> {
  checks.say('The same request, made inside the cluster:');
  const order = await stage.ask('/');
  checks.check(
    'answered by the static binary on this machine',
    order['answered by'],
    'orders on this machine',
  );
  checks.check(
    "it sees the client's own address",
    order['client']?.split(':')[0],
    await stage.gatewayAddress(),
  );
  checks.check('a row of postgres:5432, by its short name', order['row'], 'three tins of sardines');
  checks.check('a file of the ConfigMap', order['banner'], 'Fresh every morning');
  checks.check('a file of the Secret', order['secret'], 'the-harbour-token');
  checks.check("a variable of the pod's", order['region'], 'north-sea');
  checks.check('in the pod a closed port was', before.closedPort, 'ECONNREFUSED');
}

async function sameErrors(stage: Stage, before: Before): Promise<void> {
  checks.say('What cannot be reached fails as it does in the pod:');
  const { connect } = await stage.ask(`/connect?to=${await stage.gatewayAddress()}:81`);
  checks.check('a closed port', connect, before.closedPort);
  const { outcome } = await stage.ask('/resolve?name=nobody.shop');
  checks.check('a name that nobody has', outcome, before.unknownName);
}

async function nothingLost(stage: Stage): Promise<void> {
  checks.say(
    `A download of ${downloadBytes / 1e6} MB from this machine into the cluster, its connection cut three times:`,
  );
  const download = stage.ask(`/download?bytes=${downloadBytes}`);
  const cuts = await stage.cutThreeTimes(download);
  const { bytes, digest, promised } = await download;
  checks.check('connections cut on the way', cuts, 3);
  checks.check('bytes that arrived', bytes, String(downloadBytes));
  checks.check('their digest is the one that the sender promised', digest, promised);
}

async function mirrored(stage: Stage): Promise<void> {
  checks.say('Now only a copy of the traffic:  incoming: mirror');
  await stage.kdev('compose', 'up', '-d', { SHOP_INCOMING: 'mirror' });
  const order = await stage.ask('/mirrored');
  checks.check('the answer is the target’s', order['answered by'], 'orders in the cluster');
  checks.check(
    'this machine saw the request too',
    await stage.serviceLogs(/GET \/mirrored from \S+/),
    /GET \/mirrored from/,
  );
}

async function released(stage: Stage): Promise<void> {
  checks.say('And back:  kdev compose down');
  await stage.kdev('compose', 'down');
  const order = await stage.ask('/');
  checks.check('the target answers again', order['answered by'], 'orders in the cluster');
  checks.check('left in Docker', await stage.leftInDocker(), []);
  checks.check('left in the cluster', await stage.leftInCluster(), []);
}
