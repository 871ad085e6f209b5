import { engineUnreachable } from '../errors/engine-unreachable.ts';
import { type KdevError, kdevError } from '../errors/kdev-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the docker command complains of where the engine is the trouble, and not what it was asked to do. */
export function engineComplaint(stderr: string, environment: Environment): KdevError | undefined {
  const line = (pattern: RegExp) =>
    stderr
      .split('\n')
      .find((words) => pattern.test(words))
      ?.trim();
  const unknown = line(/unable to resolve docker endpoint/i);
  if (unknown !== undefined) return noSuchEngine(unknown, environment);
  const silent = line(/cannot connect to the docker daemon|is the docker daemon running/i);
  if (silent !== undefined) return noAnswer(silent, environment);
  const forbidden = line(/permission denied while trying to connect to the docker/i);
  return forbidden === undefined ? undefined : mayNot(forbidden);
}

function noSuchEngine(evidence: string, environment: Environment): KdevError {
  const { DOCKER_HOST: host } = environment;
  const from = chosenBy(environment);
  const [, context = ''] = /context "([^"]*)"/.exec(evidence) ?? [];
  const fact = host
    ? `${host} (${from}) is no address of a Docker engine`
    : `the Docker context ${context} (${from}) does not exist or names no engine`;
  return engineUnreachable({ fact, evidence, from });
}

function noAnswer(evidence: string, environment: Environment): KdevError {
  const [, url] = /daemon at (\S+?)\.?(?:\s|$)/i.exec(evidence) ?? [];
  const from = chosenBy(environment);
  const fact = `the engine${url ? ` at ${url}` : ''} (${from}) does not answer`;
  return engineUnreachable({ fact, evidence, from });
}

/** As the docker command chooses; without a variable it is the current context. */
function chosenBy({ DOCKER_HOST: host, DOCKER_CONTEXT: context }: Environment): string {
  if (host) return 'DOCKER_HOST';
  return context ? 'DOCKER_CONTEXT' : 'docker context';
}

function mayNot(evidence: string): KdevError {
  return kdevError('DOCKER_FORBIDDEN', {
    fact: 'you may not use the Docker engine',
    evidence,
    hints: [{ who: 'you', command: 'sudo usermod -aG docker $USER', text: 'then log in again' }],
  });
}
