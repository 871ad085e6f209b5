/** Every deadline and bound of this room, in one place. */

/** Time for an API request, from its first byte to the last one of its answer. */
export const API_REQUEST_MS = 3_500;
/** Time for a credential plugin: it may ask a person to log in with a browser. */
export const CREDENTIAL_PLUGIN_MS = 60_000;
/** Largest answer of the API server that is read. */
export const API_ANSWER_BYTES = 32 * 1024 * 1024;
/** Largest line of a watch or a log. */
export const LINE_BYTES = 4 * 1024 * 1024;
/** Most bytes of a refusal, a plugin's complaint or a log line that are shown. */
export const EVIDENCE_BYTES = 4 * 1024;
/** Largest answer of a credential plugin. */
export const CREDENTIAL_BYTES = 256 * 1024;
/** Most objects listed at once. */
export const LIST_LIMIT = 500;
/** Most names offered for a misspelt one. */
export const NAMES_SHOWN = 5;

/** How long the API server keeps one watch open before it is renewed. */
export const WATCH_SECONDS = 240;
/** A watch without any byte for longer than the server's bookmarks come is renewed. */
export const WATCH_SILENCE_MS = 150_000;
export const WATCH_RETRY_MS = { first: 100, most: 5_000 } as const;

/** Time for `pods/proxy` to answer 101. */
export const PROXY_PIPE_MS = 1_000;
/** Time for a port-forward to open. */
export const FORWARD_PIPE_MS = 4_000;
/**
 * A port-forward opens before anyone has dialled the port. Where the way above it was refused because nobody listens,
 * it must hold for this long to count.
 */
export const FORWARD_PROOF_MS = 300;
/** Largest message sent over a port-forward, and how much may lie unsent in the process before writing pauses. */
export const FORWARD_MESSAGE_BYTES = 256 * 1024;
export const FORWARD_UNSENT_BYTES = 512 * 1024;
/** Largest message accepted from a port-forward. */
export const FORWARD_ANSWER_BYTES = 4 * 1024 * 1024;
export const FORWARD_PING_MS = 10_000;
export const FORWARD_DEAD_MS = 25_000;

/** Time for the agent's pod to be created and placed on its node. */
export const AGENT_PLACED_MS = 5_000;
/** Time for the agent's image and container, then for its first word. */
export const AGENT_STARTED_MS = 180_000;
export const AGENT_READY_MS = 15_000;
/** How long an unschedulable pod may wait for room: preemption takes a moment. */
export const UNSCHEDULABLE_MS = 2_000;
/** Time for a clean-up of the cluster, and for the agent's pod to be gone. */
export const REMOVE_MS = 10_000;
