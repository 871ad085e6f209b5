import { expect, test } from 'vitest';
import { jsonSchema, serviceSchema } from './schema.ts';

interface Node {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
}

const root = jsonSchema() as Node;
const service = JSON.parse(JSON.stringify(root)).properties.services.additionalProperties;
const xKdev: Node = service.properties['x-kdev'];

function keys(node: Node, path: string): [path: string, node: Node][] {
  return [
    ...(node.anyOf ?? []).flatMap((alternative) => keys(alternative, path)),
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]): [string, Node][] => [
      [`${path}.${key}`, child],
      ...keys(child, `${path}.${key}`),
    ]),
  ];
}

test('the JSON schema describes every key', () => {
  const described = keys(xKdev, 'x-kdev');
  expect(described.map(([path]) => path)).toEqual(
    expect.arrayContaining(['x-kdev.target', 'x-kdev.incoming.ports', 'x-kdev.env.override']),
  );
  for (const [path, { description }] of described) expect(description, path).toBeTruthy();
});

test('its examples are valid', () => {
  const examples = keys(xKdev, '').filter(([, { examples: of }]) => of !== undefined);
  expect(examples.length).toBeGreaterThan(12);
  for (const [path, { examples: values = [] }] of examples) {
    for (const value of values) {
      const nested = path
        .slice(1)
        .split('.')
        .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      expect(serviceSchema.safeParse(nested), `${path}: ${JSON.stringify(value)}`).toMatchObject({
        success: true,
      });
    }
  }
});

test('it knows the top-level defaults, which have no target', () => {
  const top = root.properties?.['x-kdev'];
  expect(Object.keys(top?.properties ?? {})).toEqual([
    'namespace',
    'context',
    'incoming',
    'outgoing',
    'dns',
    'env',
    'files',
    'agent',
  ]);
});
