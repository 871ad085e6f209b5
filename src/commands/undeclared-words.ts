import type { Target } from '../cluster/target.ts';
import type { PortPair } from '../protocol/launch.ts';
import { portWords } from '../protocol/port-words.ts';

/** Ports that were asked for and that the container does not declare: allowed, and more often a slip. */
export function undeclaredWords(
  ports: readonly PortPair[],
  { ports: declared }: Pick<Target, 'ports'>,
): readonly string[] {
  const isDeclared = ({ target, transport }: PortPair) =>
    declared.some(({ port, protocol }) => {
      return port === target && protocol === (transport === 'udp' ? 'UDP' : 'TCP');
    });
  const others = ports.filter((pair) => !isDeclared(pair));
  if (declared.length === 0 || others.length === 0) return [];
  const words = others.map((pair) => portWords(pair.target, pair)).join(' ');
  const there = declared.map(({ port, protocol }) => {
    return portWords(port, protocol === 'UDP' ? { transport: 'udp' } : {});
  });
  return [
    `the container does not declare ${words}, but ${there.join(' ')}: a pair is SERVICE:TARGET`,
  ];
}
