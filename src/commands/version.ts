import { PROTOCOL_VERSION } from '../protocol/launch.ts';
import { installedPackage } from '../runtime/installed-package.ts';

export function version(): Promise<number> {
  const { version: own } = installedPackage();
  process.stdout.write(`kdev ${own}, protocol ${PROTOCOL_VERSION}, Node ${process.version}\n`);
  return Promise.resolve(0);
}
