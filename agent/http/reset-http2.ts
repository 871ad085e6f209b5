import type { Http2Stream } from 'node:http2';

/**
 * Ends a stream by RST_STREAM with a code, and only by it. Node's own `close` ends the writable half first, which sends END_STREAM
 * in front of the RST: a cut body would look whole.
 */
export function resetHttp2(stream: Http2Stream, code: number): void {
  if (stream.closed || stream.destroyed) return;
  stream._final = (done) => done();
  stream.close(code);
}
