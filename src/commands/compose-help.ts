import { everySetting, outsideSettings } from '../config/flags.ts';

/** kdev's own flags, before what Compose says of itself. */
export function composeHelp(): string {
  const flags = outsideSettings
    .filter(({ isRare }) => !isRare)
    .map(
      ({ flag, placeholder, help, variable }) =>
        `  ${`${flag} ${placeholder}`.padEnd(30)} ${help}   [${variable}]`,
    );
  return [
    'kdev compose is docker compose, with x-kdev services in the cluster.',
    '',
    "kdev's own flags, for all services at once:",
    ...flags,
    `  ${'--fail-fast'.padEnd(30)} up: the first service that fails ends them all`,
    `  ${everySetting}`,
    '',
    '  kdev compose up -d',
    '  kdev compose --context kind-dev up orders',
    '',
    'Everything else is docker compose:',
    '',
    '',
  ].join('\n');
}
