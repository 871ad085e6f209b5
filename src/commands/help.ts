import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { nearestName } from '../errors/nearest-name.ts';

const text = `kdev runs a Docker Compose service on this machine as if it were inside a Kubernetes pod.

  kdev compose up -d          brings the project up; services with x-kdev take their pod's place
  kdev compose …              every other command of docker compose
  kdev ls                     what a service can stand for, and who holds it   [-n NAMESPACE]
  kdev status                 what is intercepted, in all projects    [--watch] [-o words|wide|table|json|yaml]
  kdev env SERVICE            its variables, and where each comes from     [--reveal] [-o dotenv|shell]
  kdev explain SERVICE WHAT   where a connection, a name or a path of it goes, and why
  kdev logs [SERVICE]         what kdev's own parts logged                  [--sidecar|--agent|--session] [-f]
  kdev doctor                 checks machine, cluster and project, each fault with its fix
  kdev clean                  removes what dead sessions left, here and in the cluster
  kdev devcontainer init      makes a dev container's workspace such a service   --target deployment/NAME

  kdev image build            builds the image of sidecar and agent   [--tag NAME] [--base IMAGE]
  kdev image load             carries it into a test cluster          --cluster NAME
  kdev image push             pushes it to a registry                 REGISTRY/NAME
  kdev config schema          prints the JSON schema of x-kdev
  kdev version

To begin, give a service of your compose file its pod:

  services:
    orders:
      build: .
      x-kdev:
        target: deployment/orders
        incoming: steal

then run kdev compose up -d.   kdev compose --help lists the flags; docs/ tells the rest.
`;

export function help(): Promise<number> {
  process.stdout.write(text);
  return Promise.resolve(0);
}

export function unknownCommand(name: string, known: readonly string[]): KdevError {
  const near = nearestName(
    name,
    known.filter((command) => !command.startsWith('_')),
  );
  return kdevError('COMMAND_LINE', {
    fact: `kdev has no command ${name}${near === undefined ? '' : `, did you mean ${near}?`}`,
    hints: [{ who: 'you', text: 'lists the commands', command: 'kdev --help' }],
  });
}
