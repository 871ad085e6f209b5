import { isUtf8 } from 'node:buffer';
import { type Model, mapAt, serviceAt } from './model.ts';
import type { LeaveOutRule, MergedEnvironment } from './service-plan.ts';

export interface EnvironmentSources {
  /** The pod's environment as the kernel holds it: NAME=value, NUL after each. */
  readonly pod: Buffer;
  /** Names to which Compose's `environment` or `env_file` gives a value. */
  readonly compose: ReadonlySet<string>;
  readonly rules: {
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    readonly override: Readonly<Record<string, string>>;
    readonly unset: readonly string[];
  };
}

/** The kernel's limit of one string of an environment, its NUL included (MAX_ARG_STRLEN of linux/binfmts.h). */
const longestEntryBytes = 131_072;

/**
 * Names that belong to the container's image or to the process rather than to the pod: with the pod's values the
 * service's own programs would not start, or would load the wrong libraries. An `include` that names one exactly takes it.
 */
const ownToTheImage = [
  'PATH HOME HOSTNAME PWD OLDPWD SHLVL _ TERM USER LOGNAME SHELL TMPDIR container',
  'LD_* DYLD_* MALLOC_* GLIBC_TUNABLES GCONV_PATH LOCPATH',
  'NODE_PATH NODE_OPTIONS NODE_VERSION YARN_VERSION NPM_CONFIG_* npm_*',
  'PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION PYTHON_SETUPTOOLS_VERSION',
  'PYTHON_GET_PIP_URL PYTHON_GET_PIP_SHA256 VIRTUAL_ENV GPG_KEY',
  'JAVA_HOME JAVA_VERSION CLASSPATH JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS',
  'GOPATH GOROOT GOTOOLCHAIN GOLANG_VERSION CARGO_HOME RUSTUP_HOME RUST_VERSION',
  'RUBYLIB RUBYOPT RUBY_VERSION RUBY_DOWNLOAD_* GEM_HOME GEM_PATH BUNDLE_*',
  'PERL5LIB PERL5OPT PHP_INI_DIR PHP_VERSION PHP_CFLAGS PHP_CPPFLAGS PHP_LDFLAGS PHP_URL PHP_SHA256',
  'DOTNET_ROOT DOTNET_STARTUP_HOOKS DOTNET_VERSION ASPNET_VERSION CORECLR_*',
]
  .join(' ')
  .split(' ');

/**
 * The variables that kdev adds to a service. Precedence: `override`, Compose's own, the pod's, the image's; `unset`
 * goes before all. What Compose gives and nobody overrides is not in the result: it is in the project already.
 */
export function mergeEnvironment({ pod, compose, rules }: EnvironmentSources): MergedEnvironment {
  const unset = new Set(rules.unset);
  const values = new Map<string, string>();
  const leftOut: { name: string; rule: LeaveOutRule }[] = [];
  const refused: { name: string; why: string }[] = [];
  const ruleFor = leaveOutRules(rules, compose);
  for (const [name, value] of readEnvironment(pod)) {
    const rule = ruleFor(name);
    const why = whyNotCarried(name, value);
    if (rule !== undefined) leftOut.push({ name: printable(name), rule });
    else if (why !== undefined) refused.push({ name: printable(name), why });
    else values.set(name, value.toString('utf8'));
  }
  const fromPod = values.size;
  for (const [name, value] of Object.entries(rules.override)) {
    if (!unset.has(name)) values.set(name, value);
  }
  return { values: sorted(values), unset: [...unset].sort(), fromPod, leftOut, refused };
}

/** The names to which Compose gives a value. One that it could not fill, as in `environment: [TOKEN]`, is left to the pod. */
export function composeNames(project: Model, service: string): ReadonlySet<string> {
  const environment = mapAt(serviceAt(project, service), 'environment');
  return new Set(Object.keys(environment).filter((name) => environment[name] !== null));
}

/** Names as latin1 strings of their bytes, values as bytes; of two entries with one name the first counts, as for getenv(). */
function readEnvironment(pod: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  for (let start = 0; start < pod.length; ) {
    const end = pod.indexOf(0, start);
    const entry = pod.subarray(start, end < 0 ? pod.length : end);
    start += entry.length + 1;
    const equals = entry.indexOf('=');
    const name = entry.toString('latin1', 0, Math.max(equals, 0));
    if (name !== '' && !entries.has(name)) entries.set(name, entry.subarray(equals + 1));
  }
  return entries;
}

/** The Docker API is JSON, so the engine turns other bytes into U+FFFD: such a value would arrive changed. */
function whyNotCarried(name: string, value: Buffer): string | undefined {
  if (!/^[\x20-\x7e]+$/.test(name)) return 'its name is not plain ASCII text';
  if (!isUtf8(value)) return 'Docker carries UTF-8 only, and the value is other bytes';
  if (name.length + 1 + value.length + 1 > longestEntryBytes) return 'it is longer than 128 KiB';
  return undefined;
}

/** The first rule that keeps a name of the pod out. */
function leaveOutRules(
  rules: EnvironmentSources['rules'],
  compose: ReadonlySet<string>,
): (name: string) => LeaveOutRule | undefined {
  const included = matcher(rules.include);
  const image = matcher(ownToTheImage);
  const exact = new Set(rules.include);
  const unset = new Set(rules.unset);
  const all: readonly [LeaveOutRule, (name: string) => boolean][] = [
    ['unset', (name) => unset.has(name)],
    ['override', (name) => Object.hasOwn(rules.override, name)],
    ['compose', (name) => compose.has(name)],
    ['include', (name) => !included(name)],
    ['exclude', matcher(rules.exclude)],
    ['image', (name) => image(name) && !exact.has(name)],
  ];
  return (name) => all.find(([, keepsOut]) => keepsOut(name))?.[0];
}

/** Globs in which `*` stands for any characters and `?` for one; letters count as they are. */
function matcher(globs: readonly string[]): (name: string) => boolean {
  const patterns = globs.map((glob) => {
    const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
  });
  return (name) => patterns.some((pattern) => pattern.test(name));
}

function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}

function sorted(values: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}
