import type { Holder, ListedTarget } from '../cluster/list-targets.ts';
import { ageWords } from '../cluster/other-sessions.ts';
import { counted } from '../screen/counted.ts';
import { tableText } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';

interface Wanted {
  readonly isWide: boolean;
  readonly terminal: Terminal;
  readonly now: Date;
}

/** A line a target. Pods that belong to a deployment are left to the wide form: the deployment stands for them. */
export function targetsText(
  targets: readonly ListedTarget[],
  { isWide, terminal, now }: Wanted,
): string {
  if (targets.length === 0) return 'The namespace has no deployments and no pods.\n';
  const hasParent = ({ partOf }: ListedTarget) => partOf?.startsWith('deployment/') ?? false;
  const shown = isWide ? targets : targets.filter((one) => !hasParent(one));
  const headings = ['target', 'ready', 'ports', 'held by'];
  const rows = shown.map((one) => [
    one.target,
    one.isSupported ? `${one.readyPods}/${one.pods}` : 'not supported yet',
    one.ports.map(({ port, name }) => (name ? `${port} ${name}` : String(port))).join(', ') || '-',
    one.heldBy.map((holder) => holderWords(holder, now)).join('; ') || '-',
    ...(isWide ? [one.partOf ?? '-', one.pod ?? '-', one.container ?? '-', agents(one)] : []),
  ]);
  const wideHeadings = isWide ? ['part of', 'pod', 'container', 'agent'] : [];
  const left = targets.length - shown.length;
  const more = left === 0 ? '' : `${counted(left, 'pod')} of deployments: -o wide\n`;
  return `${tableText([...headings, ...wideHeadings], rows, terminal)}\n${more}`;
}

/** `ada@laptop steals :8080 with header x-user=ada, 12 min`. */
function holderWords({ owner, mode, ports, filter, since }: Holder, now: Date): string {
  const which = ports === 'all' ? 'every port' : ports.map((port) => `:${port}`).join(' ');
  const does = { steal: `steals ${which}`, mirror: `mirrors ${which}`, off: 'takes nothing' }[mode];
  const only = filter === undefined ? '' : ` with ${filter}`;
  return `${owner} ${does}${only}, ${ageWords(since, now)}`;
}

function agents({ heldBy }: ListedTarget): string {
  return heldBy.map(({ agent }) => agent).join('; ') || '-';
}
