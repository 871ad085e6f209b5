/** A right as RBAC knows it. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
}

/** The namespaces of an agent and of its target. */
export interface WhereAgent {
  readonly namespace: string;
  readonly target: { readonly namespace: string };
}

/** Each of these groups is enough by itself. */
export interface NeededRights {
  readonly all: readonly Right[];
  readonly oneOf: readonly (readonly Right[])[];
}

/** What the user must be allowed for an agent to be started, reached and removed. docs/cluster.md has the roles. */
export function neededRights({ namespace, target }: WhereAgent): NeededRights {
  const pods = (verb: string, place: string): Right => right(verb, 'pods', place);
  return {
    all: [
      right('create', 'jobs', namespace, 'batch'),
      right('delete', 'jobs', namespace, 'batch'),
      // Sessions of others on the same port are seen by their Jobs.
      right('list', 'jobs', namespace, 'batch'),
      right('create', 'secrets', namespace),
      right('patch', 'secrets', namespace),
      right('delete', 'secrets', namespace),
      pods('list', namespace),
      pods('watch', namespace),
      pods('list', target.namespace),
      pods('watch', target.namespace),
    ].filter(distinct),
    oneOf: [
      [{ ...pods('get', namespace), subresource: 'proxy' }],
      [
        { ...pods('get', namespace), subresource: 'portforward' },
        { ...pods('create', namespace), subresource: 'portforward' },
      ],
    ],
  };
}

/** As `kubectl auth can-i` takes it: `create jobs.batch`, `get pods/proxy`. */
export function rightWords({ verb, group, resource, subresource }: Right): string {
  const name = group ? `${resource}.${group}` : resource;
  return `${verb} ${subresource ? `${name}/${subresource}` : name}`;
}

function right(verb: string, resource: string, namespace: string, group = ''): Right {
  return { verb, group, resource, namespace };
}

function distinct(one: Right, index: number, all: readonly Right[]): boolean {
  const same = (other: Right): boolean => JSON.stringify(other) === JSON.stringify(one);
  return all.findIndex(same) === index;
}
