import type { Endpoint } from '../protocol/messages.ts';

export function endpointWords({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
