import { z } from 'zod';

export const podShape = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.object({
    podIP: z.string().optional(),
    containerStatuses: z.array(z.object({ containerID: z.string() })).optional(),
  }),
});

type Kubectl = (...args: string[]) => Promise<string>;

/** A pod with a test app. */
export class Pod {
  readonly name: string;
  readonly address: string;
  readonly uid: string;
  readonly containerId: string;
  readonly #kubectl: Kubectl;

  constructor(kubectl: Kubectl, { metadata, status }: z.infer<typeof podShape>) {
    this.#kubectl = kubectl;
    this.name = metadata.name;
    this.uid = metadata.uid;
    this.address = status.podIP ?? '';
    this.containerId = status.containerStatuses?.[0]?.containerID.replace(/^.*:\/\//, '') ?? '';
  }

  /** Asks the app from inside its container, on the port that is never intercepted. */
  async ask(method: string, request: string): Promise<AppAnswer> {
    const url = `http://127.0.0.1:9900${request}`;
    return appAnswer(await this.#kubectl('exec', this.name, '--', '/app', 'request', method, url));
  }

  /** What the target's own container has answered so far. */
  async log(): Promise<AppLog> {
    return requestLog.parse(await this.ask('GET', '/log'));
  }
}

export type AppAnswer = Readonly<Record<string, unknown>>;

/** What `/app request` printed, as the JSON that the app answered. */
export function appAnswer(printed: string): AppAnswer {
  const { body } = z.object({ status: z.number(), body: z.string() }).parse(JSON.parse(printed));
  return z.record(z.string(), z.unknown()).parse(JSON.parse(body));
}

/** What `GET /log` of an app answers. */
export const requestLog = z.object({
  requests: z.array(
    z.object({
      method: z.string(),
      path: z.string(),
      length: z.number(),
      headers: z.record(z.string(), z.string()),
      peer: z.object({ address: z.string(), port: z.number() }),
    }),
  ),
  raw: z.array(z.object({ command: z.string(), bytes: z.number(), ended: z.string() })),
});
export type AppLog = z.infer<typeof requestLog>;
