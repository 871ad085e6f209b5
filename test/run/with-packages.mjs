// Runs a program of node_modules/.bin, after `npm ci` where the packages are missing or the lock file has changed.
// Plain JavaScript: it is what runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [program, ...args] = process.argv.slice(2);
const stamp = 'node_modules/.kdev-lock';
const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('installing npm packages (npm ci) …\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(stamp, lock);
}

const { status, signal } = spawnSync(`node_modules/.bin/${program}`, args, { stdio: 'inherit' });
process.exit(signal ? 1 : (status ?? 1));
