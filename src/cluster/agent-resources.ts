/**
 * An agent usually holds 70 to 100 MiB; the limit bounds what many connections at once may take of its node.
 * docs/performance.md has what it holds behind a bulk transfer.
 */
export const agentResources = {
  requests: { cpu: '10m', memory: '100Mi' },
  limits: { memory: '512Mi' },
} as const;

const { cpu, memory } = agentResources.requests;

export const requestWords = `${cpu} CPU and ${memory} memory`;
