import { runFileServer } from '../../sidecar/files/file-server.ts';

await runFileServer(JSON.parse(process.argv.at(-1) ?? '{}'));
