import type { TargetFiles } from '../files/operations.ts';
import { type Hosts, parseHosts } from './hosts.ts';
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts';

/** kubelet rewrites these files rarely; a look at their attributes a second is enough. */
const CHECK_MS = 1000;
const FILE_MAX_BYTES = 1024 * 1024;

/** A file of the target that is read again when it has changed. A missing one is empty, as resolver(3) takes it. */
class WatchedFile<T> {
  readonly #files: TargetFiles;
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #value: T;
  #stamp = '';
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(files: TargetFiles, path: string, parse: (text: string) => T) {
    this.#files = files;
    this.#path = path;
    this.#parse = parse;
    this.#value = parse('');
  }

  async value(): Promise<T> {
    const nowMs = performance.now();
    if (nowMs - this.#checkedMs < CHECK_MS) return this.#value;
    const stamp = await this.#readStamp();
    if (stamp !== this.#stamp) {
      this.#value = this.#parse(stamp === 'none' ? '' : await this.#readText());
      this.#stamp = stamp;
    }
    this.#checkedMs = nowMs;
    return this.#value;
  }

  async #readStamp(): Promise<string> {
    try {
      const { attributes } = await this.#files.stat({ path: this.#path, follow: true });
      return `${attributes.ino} ${attributes.size} ${attributes.mtimeNs} ${attributes.ctimeNs}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
      throw error;
    }
  }

  async #readText(): Promise<string> {
    const range = { path: this.#path, offset: 0, length: FILE_MAX_BYTES };
    return (await this.#files.read(range)).bytes.toString('latin1');
  }
}

/** What the pod's own resolver would read: its /etc/hosts and /etc/resolv.conf. */
export class PodNames {
  readonly #hosts: WatchedFile<Hosts>;
  readonly #conf: WatchedFile<ResolvConf>;

  constructor(files: TargetFiles) {
    this.#hosts = new WatchedFile(files, '/etc/hosts', parseHosts);
    this.#conf = new WatchedFile(files, '/etc/resolv.conf', parseResolvConf);
  }

  async read(): Promise<{ readonly hosts: Hosts; readonly conf: ResolvConf }> {
    const [hosts, conf] = await Promise.all([this.#hosts.value(), this.#conf.value()]);
    return { hosts, conf };
  }
}
