import { z } from 'zod';
import { isAboutNames, PATTERNS_MAX, parsePattern } from '../protocol/pattern.ts';
import { filterSchema } from './filter-schema.ts';
import { portNumber, portsSchema } from './ports-schema.ts';
import { targetSchema } from './target-schema.ts';

/*
 * The only source of what x-kdev may hold: types, validation and the JSON schema for editors come from here.
 * Every key is optional, so that the top-level x-kdev can hold defaults for all services.
 */

const incomingMode = z
  .enum(['mirror', 'steal', 'off'])
  .describe('mirror: the service sees a copy. steal: the service answers. off: nothing comes in.')
  .meta({ examples: ['steal'] });

const ignore = z
  .array(portNumber)
  .describe("Ports of the target's that stay with it, whatever `ports` says.")
  .meta({ examples: [[9229]] });

const flush = z
  .boolean()
  .describe(
    'Whether clients that are connected to the target already are made to come back, and so reach the service. Default: false.',
  );

const probes = z
  .enum(['target', 'steal'])
  .describe(
    "Who answers the kubelet's probes of a stolen port. target: the pod. steal: the service. Default: target.",
  );

const incomingKeys = z.strictObject({
  mode: incomingMode.optional(),
  ports: portsSchema.optional(),
  ignore: ignore.optional(),
  flush: flush.optional(),
  probes: probes.optional(),
  filter: filterSchema.optional(),
});

const incoming = z
  .union([incomingMode, incomingKeys])
  .transform(
    (value): z.output<typeof incomingKeys> => (typeof value === 'string' ? { mode: value } : value),
  )
  .describe("What happens with connections to the target's ports. Default: mirror.")
  .meta({ examples: ['mirror', { mode: 'steal', ports: ['3000:80'] }] });

const absolutePath = z
  .string()
  .regex(/^\/(?!$)(?!.*(^|\/)\.{1,2}(\/|$))/, 'expected an absolute path below / without . and ..');

const pattern = z.string().superRefine((text, context) => {
  const parsed = parsePattern(text);
  if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
});

const namePattern = pattern.superRefine((text, context) => {
  const parsed = parsePattern(text);
  if ('problem' in parsed || isAboutNames(parsed)) return;
  context.addIssue({
    code: 'custom',
    message: 'expected a name, which may have *, and nothing else',
  });
});

/** Each is a mount of its own. */
const SOCKETS_MAX = 32;

function patterns(one: typeof pattern) {
  return z.union([one.transform((text) => [text]), z.array(one).max(PATTERNS_MAX)]);
}

const outgoing = z
  .strictObject({
    local: patterns(pattern)
      .describe(
        'What stays on this machine: [tcp://|udp://]HOST[:PORT] with a name, *.NAME, an address, a network, or ** for everything.',
      )
      .meta({ examples: [['*.internal:5432', 'udp://192.168.0.0/16']] })
      .optional(),
    remote: patterns(pattern)
      .describe('What leaves from the pod, in the same words. Default: all but what is local.')
      .meta({ examples: [['10.244.0.0/16']] })
      .optional(),
    podLoopback: z
      .union([portNumber.transform((port) => [port]), z.array(portNumber).max(PATTERNS_MAX)])
      .describe(
        "TCP ports of the service's loopback that lead to the pod's, such as those of a container beside the target.",
      )
      .meta({ examples: [[9901, 15000]] })
      .optional(),
    unix: z
      .union([absolutePath.transform((path) => [path]), z.array(absolutePath).max(SOCKETS_MAX)])
      .describe("Unix stream sockets of the target's container, at their paths in the service.")
      .meta({ examples: [['/run/spire/sockets/agent.sock']] })
      .optional(),
  })
  .describe('Where outgoing connections go. The most specific pattern decides.');

const dns = z
  .strictObject({
    local: patterns(namePattern)
      .describe(
        "Names that this machine's resolvers answer. A name in outgoing.local without port and protocol is one of them by itself.",
      )
      .meta({ examples: [['*.corp.example']] })
      .optional(),
    remote: patterns(namePattern)
      .describe('Names that the pod resolves. Default: all but those of the compose project.')
      .meta({ examples: [['db']] })
      .optional(),
  })
  .describe('Who resolves names.');

const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'expected a name of lower-case letters, digits and -',
  );

const variableName = z
  .string()
  .min(1)
  .regex(/^[^=]+$/, 'a name of a variable has no =');
const globs = z.union([variableName.transform((glob) => [glob]), z.array(variableName)]);

const env = z
  .strictObject({
    include: globs
      .describe("Globs: only these of the pod's variables are taken. Default: all.")
      .meta({ examples: [['DB_*', 'PATH']] })
      .optional(),
    exclude: globs
      .describe("Globs: these of the pod's variables are left out.")
      .meta({ examples: [['AWS_*']] })
      .optional(),
    override: z
      .record(variableName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .describe('Values that go before all others.')
      .meta({ examples: [{ LOG_LEVEL: 'debug' }] })
      .optional(),
    unset: z
      .array(variableName)
      .describe(
        "Names that the service does not have at all, neither from the pod nor from `environment` nor from its image's.",
      )
      .meta({ examples: [['HTTP_PROXY']] })
      .optional(),
  })
  .describe("The service's environment: override, then Compose's `environment`, then the pod's.");

const files = z
  .union([
    z.literal('off').describe('Shows no file of the pod.'),
    z.strictObject({
      mounts: z
        .enum(['auto', 'off'])
        .describe(
          "auto: the container's ConfigMaps, Secrets and tokens, kept fresh. Default: auto.",
        )
        .optional(),
      read: z
        .union([absolutePath.transform((path) => [path]), z.array(absolutePath)])
        .describe("Further paths of the target's container, read through the tunnel, read-only.")
        .meta({ examples: [['/var/lib/orders']] })
        .optional(),
    }),
  ])
  .transform((value) => (value === 'off' ? { mounts: 'off' as const } : value))
  .describe('Files of the pod, at their true paths.');

const agent = z
  .strictObject({
    image: z
      .string()
      .regex(/^[^\s]+$/, 'expected the name of an image')
      .describe('Image of sidecar and agent. The cluster must be able to pull it.')
      .meta({ examples: ['registry.example.com/kdev/runtime:0.1.0'] })
      .optional(),
    namespace: dnsLabel
      .describe("Namespace of the agent's Job. Default: the target's.")
      .meta({ examples: ['kdev-agents'] })
      .optional(),
    mode: z
      .enum(['auto', 'node'])
      .describe('How the agent runs. node: a Job on the node of the target. Default: auto.')
      .optional(),
  })
  .describe("kdev's part in the cluster.");

const keys = z.strictObject({
  target: targetSchema.optional(),
  namespace: dnsLabel
    .describe("Namespace of the target. Default: the context's.")
    .meta({ examples: ['shop'] })
    .optional(),
  context: z
    .string()
    .min(1)
    .describe('Context of the kubeconfig. Default: its current one.')
    .meta({ examples: ['kind-dev'] })
    .optional(),
  container: dnsLabel
    .describe("Container of the pod. Default: the pod's main one.")
    .meta({ examples: ['app'] })
    .optional(),
  incoming: incoming.optional(),
  outgoing: outgoing.optional(),
  dns: dns.optional(),
  env: env.optional(),
  files: files.optional(),
  agent: agent.optional(),
});

/** `x-kdev` of a service, its short form `x-kdev: deployment/orders` included. */
export const serviceSchema = z
  .union([targetSchema, keys])
  .transform((value) => ('kind' in value ? { target: value } : value))
  .describe('Runs this service as if it were inside a Kubernetes pod.');

/** `x-kdev` at the top of the compose file: defaults for all services. */
export const projectSchema = keys
  .omit({ target: true, container: true })
  .describe('Defaults for every service with x-kdev.');

/** What a parsed `x-kdev` of either place holds. */
export type Settings = z.output<typeof keys>;

/** JSON schema of a compose file's x-kdev keys, for editors; Compose's own schema describes the rest. */
export function jsonSchema(): Record<string, unknown> {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Compose file with x-kdev',
    type: 'object',
    properties: {
      'x-kdev': asJsonSchema(projectSchema),
      services: {
        type: 'object',
        additionalProperties: {
          type: ['object', 'null'],
          properties: { 'x-kdev': asJsonSchema(serviceSchema) },
        },
      },
    },
  };
}

function asJsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    // zod drops the examples of a value that is transformed; ours are examples of the input.
    override: ({ zodSchema, jsonSchema: json }) => {
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (Array.isArray(examples)) json.examples = examples;
    },
  });
  return described;
}

/** The keys that x-kdev may have at a path, of all of its forms together. */
export function keysAt(
  place: 'service' | 'project',
  path: readonly PropertyKey[],
): readonly string[] {
  let nodes = alternatives(asJsonSchema(place === 'service' ? serviceSchema : projectSchema));
  for (const key of path) {
    nodes = nodes.flatMap(({ properties, items }) =>
      alternatives(typeof key === 'number' ? items : properties?.[String(key)]),
    );
  }
  return nodes.flatMap(({ properties }) => Object.keys(properties ?? {}));
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function alternatives(node: unknown): { items?: unknown; properties?: Record<string, unknown> }[] {
  if (typeof node !== 'object' || node === null) return [];
  const { anyOf } = node as JsonSchema;
  return anyOf ? anyOf.flatMap(alternatives) : [node];
}
