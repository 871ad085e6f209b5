/**
 * A signal that aborts after a time, or with the other one.
 *
 * Never `AbortSignal.timeout`: nothing but the signals that follow it holds it, and those hold it weakly. Node 20 collects
 * it from under `AbortSignal.any`, here or wherever it is passed on to, which then never aborts. The timer holds this one.
 */
export function deadline(timeoutMs: number, other?: AbortSignal): AbortSignal {
  const late = new AbortController();
  const words = `it took longer than ${timeoutMs / 1000} s`;
  const reason = new DOMException(words, 'TimeoutError');
  // What is done before does not keep the program waiting.
  setTimeout(() => late.abort(reason), timeoutMs).unref();
  return other ? AbortSignal.any([late.signal, other]) : late.signal;
}
