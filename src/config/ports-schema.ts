import { z } from 'zod';
import type { PortPair } from '../protocol/launch.ts';

export const portNumber = z.int().min(1).max(65_535);

const portPair = z
  .union([
    portNumber.describe("The same port of the service and of the target's container."),
    z
      .string()
      .regex(
        /^\d{1,5}(:\d{1,5})?(\/(tcp|udp))?$/,
        'expected PORT or "SERVICE:TARGET", each from 1 to 65535, /udp behind it for UDP',
      )
      .describe(
        'SERVICE:TARGET, as kubectl port-forward writes it; /udp behind it as Compose does.',
      )
      .meta({ examples: ['3000:80', '5353:53/udp'] }),
    z.strictObject({
      service: portNumber,
      target: portNumber,
      protocol: z.enum(['tcp', 'udp']).describe('Default: tcp.').optional(),
    }),
  ])
  .transform((port, context): PortPair => {
    const pair = toPair(port);
    if (pair.service >= 1 && pair.service <= 65_535 && pair.target >= 1 && pair.target <= 65_535) {
      return pair;
    }
    context.addIssue({ code: 'custom', message: 'a port is a number from 1 to 65535' });
    return z.NEVER;
  });

interface LongPort extends Pick<PortPair, 'service' | 'target'> {
  readonly protocol?: 'tcp' | 'udp' | undefined;
}

function toPair(port: number | string | LongPort): PortPair {
  const { service, target, protocol } = typeof port === 'object' ? port : parsePair(String(port));
  return protocol === 'udp' ? { service, target, transport: 'udp' } : { service, target };
}

function parsePair(text: string) {
  const [numbers = '', protocol] = text.split('/');
  const [service = 0, target = service] = numbers.split(':').map(Number);
  return { service, target, protocol };
}

/** `incoming.ports` */
export const portsSchema = z
  .union([
    z
      .literal('all')
      .describe('Every TCP port on which the service listens, on the same port of the target.'),
    z.array(portPair).min(1),
  ])
  .describe(
    'Ports that come in; without it every port that the container declares, of UDP only where there is no filter. "3000:80": port 80 of the target reaches port 3000 of the service.',
  )
  .meta({ examples: [['3000:80', 9090]] });
