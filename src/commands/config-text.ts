import { type PickedSettings, settingKeys } from '../config/resolve-settings.ts';
import type { SettingKey } from '../config/settings.ts';
import { filterWords } from '../protocol/filter-words.ts';
import { mask } from './redact.ts';

/** Settings as they are shown: without a service, those that hold for any. */
export type ShownSettings = Omit<PickedSettings, 'service'> & {
  readonly service: string | undefined;
};

/** What holds where nothing is said. */
const unsaid: Readonly<Partial<Record<SettingKey, string>>> = {
  target: '(none)',
  context: "(the kubeconfig's current one)",
  namespace: "(the context's)",
  container: "(the pod's main one)",
  'incoming.ports': '(what the container declares)',
  'incoming.filter': '(everything)',
  'agent.namespace': "(the target's)",
};

export function settingRows(
  picked: readonly ShownSettings[],
  { hasOrigin }: { readonly hasOrigin: boolean },
) {
  const hasService = picked.some(({ service }) => service !== undefined);
  return {
    headings: [
      ...(hasService ? ['service'] : []),
      ...['setting', 'value'],
      ...(hasOrigin ? ['from'] : []),
    ],
    rows: picked.flatMap((one) =>
      settingKeys.map((key) => [
        ...(hasService ? [one.service ?? '-'] : []),
        ...[key, valueWords(key, one)],
        ...(hasOrigin ? [one.origins[key].words] : []),
      ]),
    ),
  };
}

/** For programs: `value` is null where nothing is said, `from` one of the rungs, `where` the words for it. */
export function settingsData(picked: readonly ShownSettings[]) {
  return picked.flatMap((one) =>
    settingKeys.map((key) => ({
      ...(one.service === undefined ? {} : { service: one.service }),
      key,
      value: shownValue(key, one) ?? null,
      from: one.origins[key].from,
      where: one.origins[key].words,
    })),
  );
}

function valueWords(key: SettingKey, one: ShownSettings): string {
  const value = shownValue(key, one);
  if (value === undefined) return unsaid[key] ?? '-';
  if (key === 'incoming.filter') return filterWords(one.values[key] ?? {});
  if (Array.isArray(value)) return value.join(', ') || '-';
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  return (
    Object.entries(value)
      .map(([name, hidden]) => `${name}=${hidden}`)
      .join(', ') || '-'
  );
}

function portsText(ports: ShownSettings['values']['incoming.ports']) {
  return typeof ports === 'object'
    ? ports.map(({ service, target, transport }) => {
        return `${service}:${target}${transport === 'udp' ? '/udp' : ''}`;
      })
    : ports;
}

/** As x-kdev would write it. */
function shownValue(key: SettingKey, { values }: ShownSettings) {
  switch (key) {
    case 'target':
      return values.target && `${values.target.kind}/${values.target.name}`;
    case 'incoming.ports':
      return portsText(values['incoming.ports']);
    // Values of variables are never shown.
    case 'env.override': {
      const names = Object.keys(values['env.override'] ?? {});
      return Object.fromEntries(names.map((name) => [name, mask]));
    }
    default:
      return values[key];
  }
}
