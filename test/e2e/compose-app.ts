import { appImage, type Language } from '../fixtures/app-images.ts';

export interface ComposeApp {
  readonly language: Language;
  readonly xKdev?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  /** Any other key of the service. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A test app as a service of a compose project; it answers with the name `service`. */
export function composeApp({ language, xKdev, environment, more }: ComposeApp) {
  return {
    image: appImage(language),
    environment: { NAME: 'service', PORTS: '8080', ...environment },
    ...(xKdev === undefined ? {} : { 'x-kdev': xKdev }),
    stop_grace_period: '1s',
    ...more,
  };
}
