export interface Timer {
  cancel(): void;
}

/** Time, passed in rather than reached for. */
export interface Clock {
  /** Milliseconds that only grow, and stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since the epoch; jumps when the machine wakes or its clock is set. */
  wallMs(): number;
  after(delayMs: number, act: () => void): Timer;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
