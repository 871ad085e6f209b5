import { type KdevError, kdevError } from '../errors/kdev-error.ts';

export function busy(project: string): KdevError {
  return kdevError('SESSION_BUSY', {
    fact: `another command is bringing up ${project} at this moment`,
    hints: [{ who: 'you', text: 'wait for it, or end it' }],
  });
}

export function ending(): KdevError {
  return kdevError('SESSION_BUSY', {
    fact: 'the session is ending at this moment',
    hints: [{ who: 'you', text: 'run the command again' }],
  });
}
