import { type Hint, type KdevError, kdevError } from './kdev-error.ts';

export interface Unreachable {
  readonly fact: string;
  readonly evidence: string;
  /** What chose the engine: DOCKER_HOST, DOCKER_CONTEXT, `docker context …`, `default`. */
  readonly from: string;
  readonly cause?: unknown;
}

/** No Docker engine answers, or none is to be found: what chose it decides what helps. */
export function engineUnreachable({ fact, evidence, from, cause }: Unreachable): KdevError {
  const variable = /^DOCKER_(HOST|CONTEXT)/.exec(from)?.[0];
  const choose: Hint = {
    who: 'you',
    text: 'shows the engines that Docker knows',
    command: 'docker context ls',
  };
  if (variable !== undefined) {
    return kdevError('DOCKER_NOT_RUNNING', {
      fact,
      evidence,
      hints: [
        { who: 'you', text: `correct ${variable}, or do without it`, command: `unset ${variable}` },
        choose,
      ],
      cause,
    });
  }
  const start: Hint =
    from === 'default'
      ? { who: 'you', text: 'start Docker, or choose the engine that you mean' }
      : {
          who: 'you',
          text: 'goes back to the engine of this machine',
          command: 'docker context use default',
        };
  return kdevError('DOCKER_NOT_RUNNING', { fact, evidence, hints: [start, choose], cause });
}
