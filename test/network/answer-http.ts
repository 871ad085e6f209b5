import type { Duplex } from 'node:stream';

/** Answers each request of HTTP/1.1 without a body with a name and the request's path. */
export function answerHttp(stream: Duplex, name: string): void {
  stream.on('error', () => undefined);
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const path = text.split(' ')[1] ?? '';
      text = text.slice(end + 4);
      const body = `${name} ${path}`;
      stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
  });
  stream.on('end', () => stream.end());
}
