/** One regular file of an archive. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Buffer;
}

const blockBytes = 512;
const nameBytes = 100;

/**
 * A POSIX ustar archive (IEEE Std 1003.1, pax, "ustar Interchange Format") of regular files, mode 0644, owner root,
 * with no times: the same files give the same bytes, so the engine's build cache holds.
 */
export function encodeTar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, bytes }) => [
    encodeHeader(path, bytes.length),
    bytes,
    Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function encodeHeader(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > nameBytes)
    throw new Error(`too long a path for an archive: ${path}`);
  const header = Buffer.alloc(blockBytes);
  const put = (offset: number, text: string) => header.write(text, offset, 'utf8');
  put(0, path);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(156, '0');
  put(257, 'ustar\0');
  put(263, '00');
  // The checksum counts itself as eight spaces.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
