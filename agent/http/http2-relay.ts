import http2 from 'node:http2';
import { outgoingHeaders, type RawHeaders } from './http2-headers.ts';
import { resetHttp2 } from './reset-http2.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = http2.constants;

/** One request of a client, as far as it was received. */
export interface Http2Request {
  readonly stream: http2.ServerHttp2Stream;
  readonly headers: RawHeaders;
  /** Nothing follows the headers. */
  readonly isBodiless: boolean;
  /** What was read of the body already. */
  bodyStart: Buffer;
  /** The client's trailers, once they came. */
  trailers: RawHeaders;
}

export function takeRequest(
  stream: http2.ServerHttp2Stream,
  flags: number,
  headers: RawHeaders,
): Http2Request {
  const isBodiless = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  const bodyStart = Buffer.alloc(0);
  const request: Http2Request = { stream, headers, isBodiless, bodyStart, trailers: [] };
  stream.on('error', () => undefined); // seen by its close
  stream.on('trailers', (_headers, _flags, raw: RawHeaders = []) => {
    request.trailers = raw;
  });
  return request;
}

/** How the answering side's stream ended. */
export interface Http2Ending {
  readonly code: number;
  readonly hasAnswered: boolean;
}

/**
 * Carries one request to the session that answers it, and its answer back, each way at the pace of the slower side.
 *
 * Ways to end: both directions by END_STREAM, with trailers where there were some; either side's RST travels with its code; a side's
 * connection is lost → `onBroken` decides what the client gets; headers that cannot be sent on → RST PROTOCOL_ERROR.
 */
export function relayHttp2(
  request: Http2Request,
  session: http2.ClientHttp2Session,
  onBroken: (ending: Http2Ending) => void,
): void {
  const { stream, headers, isBodiless } = request;
  if (stream.closed) return;
  let answering: http2.ClientHttp2Stream;
  try {
    answering = session.request(outgoingHeaders(headers), {
      endStream: isBodiless,
      waitForTrailers: !isBodiless,
    });
  } catch {
    if (session.destroyed || session.closed) {
      onBroken({ code: http2.constants.NGHTTP2_REFUSED_STREAM, hasAnswered: false });
      return;
    }
    resetHttp2(stream, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  answering.on('error', () => undefined); // seen by its close
  if (!isBodiless) passRequest(request, answering);
  passAnswer(answering, stream, (ending) => {
    if (session.destroyed && ending.code !== NGHTTP2_NO_ERROR) onBroken(ending);
    else resetHttp2(stream, ending.code);
  });
  const cancel = () => resetHttp2(answering, stream.rstCode || NGHTTP2_CANCEL);
  stream.on('aborted', cancel).on('close', cancel);
}

function passRequest(request: Http2Request, answering: http2.ClientHttp2Stream): void {
  const { stream, bodyStart } = request;
  answering.on('wantTrailers', () => sendTrailers(answering, request.trailers));
  if (bodyStart.length > 0) answering.write(bodyStart);
  if (stream.readableEnded) answering.end();
  else passBody(stream, answering);
}

/** Node ends what it reads of a stream by RST too; only END_STREAM says that the body is whole. */
function passBody(from: http2.Http2Stream, to: http2.Http2Stream): void {
  from.on('end', () => {
    if (from.rstCode === NGHTTP2_NO_ERROR && !from.aborted) to.end();
  });
  from.pipe(to, { end: false });
}

function passAnswer(
  answering: http2.ClientHttp2Stream,
  stream: http2.ServerHttp2Stream,
  onBreak: (ending: Http2Ending) => void,
): void {
  let trailers: RawHeaders = [];
  let isSent = false;
  let isOver = false;
  // Not in front of what was just written.
  const stopRequest = () => setImmediate(() => stream.close(NGHTTP2_NO_ERROR));
  const refuse = () => {
    resetHttp2(answering, NGHTTP2_PROTOCOL_ERROR);
    resetHttp2(stream, NGHTTP2_PROTOCOL_ERROR);
  };
  answering.on('headers', (_headers, _flags, raw?: RawHeaders) => {
    attempt(() => stream.additionalHeaders(outgoingHeaders(raw ?? [])), refuse);
  });
  answering.on('response', (_headers, flags: number, raw?: RawHeaders) => {
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    attempt(() => respond(stream, raw ?? [], endStream), refuse);
    if (endStream) isSent = true;
    else passBody(answering, stream);
  });
  answering.on('trailers', (_headers, _flags, raw?: RawHeaders) => {
    trailers = raw ?? [];
  });
  stream.on('wantTrailers', () => {
    sendTrailers(stream, trailers);
    isSent = true;
    if (isOver) stopRequest();
  });
  answering.on('close', () => {
    const { rstCode } = answering;
    if (stream.closed) return;
    if (rstCode !== NGHTTP2_NO_ERROR || !stream.headersSent) {
      onBreak({ code: rstCode, hasAnswered: stream.headersSent });
    } else if (!stream.readableEnded) {
      // The whole answer is there, and nobody takes the rest of the request.
      isOver = true;
      if (isSent) stopRequest();
    }
  });
}

/** As it came: nothing is added, a date neither. */
function respond(stream: http2.ServerHttp2Stream, raw: RawHeaders, endStream: boolean): void {
  const options = { endStream, waitForTrailers: !endStream, sendDate: false };
  stream.respond(outgoingHeaders(raw), options);
}

/** Without trailers an empty frame ends the stream. */
export function sendTrailers(stream: http2.Http2Stream, trailers: RawHeaders): void {
  attempt(
    () => stream.sendTrailers(outgoingHeaders(trailers)),
    () => resetHttp2(stream, NGHTTP2_PROTOCOL_ERROR),
  );
}

/** node:http2 throws at headers that it does not send, and where the stream has just ended. */
function attempt(act: () => void, refuse: () => void): void {
  try {
    act();
  } catch {
    refuse();
  }
}
