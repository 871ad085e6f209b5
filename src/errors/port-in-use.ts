import { type KdevError, kdevError } from './kdev-error.ts';

export interface PortInUse {
  /** Undefined where Compose's words do not say which. */
  readonly port: number | undefined;
  readonly evidence: string;
}

export function portInUse({ port, evidence }: PortInUse): KdevError {
  return kdevError('PUBLISHED_PORT_IN_USE', {
    fact: `${port === undefined ? 'a port' : `port ${port}`} of this machine is in use, and the project publishes it`,
    evidence,
    hints: [
      { who: 'you', command: `ss -ltnp 'sport = :${port ?? 'PORT'}'`, text: 'shows the program' },
      {
        who: 'you',
        command: `docker ps --filter publish=${port ?? 'PORT'}`,
        text: 'shows the container',
      },
      { who: 'you', text: 'free it, or publish another port in the compose file' },
    ],
  });
}
