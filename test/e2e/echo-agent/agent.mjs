// Listens as the agent does: raw on loopback, behind an HTTP upgrade on the pod's own address. Each pipe first says in
// a line what it wants: `echo`, or `send N` for N bytes and the end.
import { createServer } from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';

const { session, tunnelPort } = JSON.parse(process.env.KDEV_CONFIG);
const say = (line) => process.stderr.write(`${JSON.stringify(line)}\n`);

if (session === 'crashes') {
  say({ level: 'error', message: 'no process of the target is found' });
  process.exit(7);
}
const key = Buffer.from(process.env.KDEV_KEY ?? '', 'base64');
say({ level: 'info', message: `key of ${key.length} bytes, id ${process.env.KDEV_KEY_ID}` });

function serve(pipe) {
  pipe.on('error', () => {});
  pipe.once('data', (first) => {
    const end = first.indexOf(10);
    const [word, count] = first.subarray(0, end).toString().split(' ');
    if (first.length > end + 1) pipe.unshift(first.subarray(end + 1));
    const pattern = Buffer.alloc(256 * 1024, 7);
    const source = word === 'send' ? Readable.from(chunks(pattern, Number(count))) : pipe;
    source.pipe(pipe);
  });
}

function* chunks(pattern, bytes) {
  for (let left = bytes; left > 0; left -= pattern.length) yield pattern.subarray(0, left);
}

const upgrades = createServer((_, response) => response.writeHead(426).end());
upgrades.on('upgrade', (_, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: kdev\r\n\r\n');
  if (head.length > 0) socket.unshift(head);
  serve(socket);
});
upgrades.listen(tunnelPort, process.env.KDEV_POD_IP, () => {
  net.createServer({ allowHalfOpen: true }, serve).listen(tunnelPort, '127.0.0.1', () => {
    if (session !== 'mute') say({ level: 'info', message: 'ready' });
  });
});
