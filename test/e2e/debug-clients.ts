import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';

/*
 * What an editor does to stop a program, from this machine: the Chrome DevTools Protocol for Node.js, the Debug Adapter
 * Protocol for the others.
 */

/** Where a program is to stop, and what is asked of it then. */
export interface Stop {
  readonly condition: string;
  readonly expression: string;
}

export interface Debugger {
  /** Waits until the program stands at the breakpoint, and answers with the value of the expression there. */
  stopped(): Promise<string>;
  resume(): Promise<void>;
  close(): void;
}

const answerMs = 10_000;

interface Message {
  readonly [key: string]: unknown;
}

/** Messages by what they are about; each is taken once. */
class Inbox {
  readonly #messages: Message[] = [];
  #wake = (): void => undefined;

  put(message: Message): void {
    this.#messages.push(message);
    this.#wake();
  }

  async take(what: string, isIt: (message: Message) => boolean): Promise<Message> {
    const deadline = Date.now() + answerMs;
    for (;;) {
      const at = this.#messages.findIndex(isIt);
      const [found] = at < 0 ? [] : this.#messages.splice(at, 1);
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${what} within ${answerMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Attaches to `node --inspect` and sets a breakpoint at a line, counted from 1. */
export async function attachNode(
  port: number,
  { file, line, condition, expression }: Stop & { file: string; line: number },
): Promise<Debugger> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await list.json()) as { webSocketDebuggerUrl: string }[];
  if (!target) throw new Error('nothing to debug');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  const inbox = new Inbox();
  socket.on('message', (data: Buffer) => inbox.put(JSON.parse(data.toString())));
  let last = 0;
  const call = async (method: string, params: object = {}) => {
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ id, method, params }));
    const answer = await inbox.take(`answer to ${method}`, (message) => message['id'] === id);
    return answer as { result: Message };
  };
  await call('Debugger.enable');
  const breakpoint = { urlRegex: `${file}$`, lineNumber: line - 1, condition };
  const set = await call('Debugger.setBreakpointByUrl', breakpoint);
  if (!(set.result['locations'] as unknown[]).length) throw new Error(`no line ${line} in ${file}`);
  return {
    stopped: async () => {
      const paused = await inbox.take('stop', ({ method }) => method === 'Debugger.paused');
      const { callFrames } = paused['params'] as { callFrames: { callFrameId: string }[] };
      const { result } = await call('Debugger.evaluateOnCallFrame', {
        callFrameId: callFrames[0]?.callFrameId,
        expression,
      });
      return String((result['result'] as Message)['value']);
    },
    resume: async () => void (await call('Debugger.resume')),
    close: () => socket.terminate(),
  };
}

/** Attaches by the Debug Adapter Protocol; `breakpoint` is a request that sets it, with its arguments. */
export async function attachDap(
  port: number,
  {
    attach,
    breakpoint: [setBreakpoint, place],
    expression,
  }: { attach: object; breakpoint: readonly [string, object]; expression: string },
): Promise<Debugger> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const inbox = new Inbox();
  readMessages(socket, (message) => inbox.put(message));
  let last = 0;
  const send = (command: string, args: object) => {
    last += 1;
    const text = JSON.stringify({ seq: last, type: 'request', command, arguments: args });
    socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return last;
  };
  const call = async (command: string, args: object = {}) => {
    const seq = send(command, args);
    const answer = await inbox.take(`answer to ${command}`, (one) => one['request_seq'] === seq);
    if (answer['success'] !== true) throw new Error(`${command}: ${JSON.stringify(answer)}`);
    return answer['body'] as Message;
  };
  await call('initialize', { adapterID: 'test', pathFormat: 'path', linesStartAt1: true });
  // Answered by some only when everything is configured.
  send('attach', attach);
  await inbox.take('initialized', (one) => one['event'] === 'initialized');
  const set = await call(setBreakpoint, place);
  if (!JSON.stringify(set).includes('"verified":true')) throw new Error(JSON.stringify(set));
  await call('configurationDone');
  let threadId: unknown;
  return {
    stopped: async () => {
      const stop = await inbox.take('stop', (one) => one['event'] === 'stopped');
      threadId = (stop['body'] as Message)['threadId'];
      const { stackFrames } = await call('stackTrace', { threadId, levels: 1 });
      const [frame] = stackFrames as { id: number }[];
      const { result } = await call('evaluate', {
        expression,
        frameId: frame?.id,
        context: 'watch',
      });
      return String(result);
    },
    resume: async () => void (await call('continue', { threadId })),
    close: () => socket.destroy(),
  };
}

function readMessages(socket: Socket, onMessage: (message: Message) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const head = bytes.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1]);
      if (head < 0 || bytes.length < head + 4 + length) return;
      onMessage(JSON.parse(bytes.toString('utf8', head + 4, head + 4 + length)));
      bytes = bytes.subarray(head + 4 + length);
    }
  });
}
