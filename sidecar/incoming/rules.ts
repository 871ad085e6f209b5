import { mark } from '../network-plan.ts';

/**
 * A delivered connection has the client's address, which is not ours: its mark becomes the connection's, and what the
 * service answers gets the mark that is routed back to this namespace. First of its hook, before answers are let pass.
 */
export function incomingRules(): string {
  return `  chain deliver {
    type route hook output priority -161; policy accept;
    meta mark ${mark('deliver')} ct mark set ${mark('deliver')} accept
    ct direction reply ct mark ${mark('deliver')} meta mark set ${mark('carry')}
  }`;
}
