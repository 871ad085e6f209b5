import { expect, test } from 'vitest';
import { parseComposeLine } from './compose.ts';

/** Every long flag behind a command of Docker Compose, from 2.20 to 5. */
const flagsOfCompose = `
abort-on-container-exit abort-on-container-failure all all-resources always-recreate-deps ansi app archive attach
attach-dependencies author build build-arg builder cap-add cap-drop change check compatibility detach detach-keys
down-project dry-run entrypoint env env-file env-from-file environment exit-code-from file filter follow follow-link force
force-recreate format hash help ignore-buildable ignore-pull-failures ignore-push-failures images include-deps index
insecure-registry interactive json label lock-image-digests memory menu message models name networks no-ansi no-attach
no-build no-cache no-color no-consistency no-deps no-env-resolution no-interpolate no-log-prefix no-normalize
no-path-resolution no-recreate no-start no-stdin no-stream no-trunc no-tty no-up oci-version orphans output parallel pause
policy print privileged profile profiles progress project-directory project-name protocol provenance prune publish pull push
quiet quiet-build quiet-pull remove-orphans renew-anon-volumes resolve-image-digests rm rmi sbom scale service-ports services
short sig-proxy signal since ssh status stop tail timeout timestamps tty until use-aliases user variables version volume
volumes wait wait-timeout watch with-dependencies with-env workdir yes`;

test('a slip of a flag of kdev behind the command is told before anything is done', () => {
  for (const [typed, meant] of [
    ['--incomming', '--incoming'],
    ['--incomming=mirror', '--incoming'],
    ['--namespce', '--namespace'],
    ['--failfast', '--fail-fast'],
  ] as const) {
    expect(() => parseComposeLine(['up', '-d', typed, 'mirror'])).toThrow(
      `${typed.split('=')[0]} is a flag of neither kdev nor Compose, did you mean ${meant}?`,
    );
  }
  expect(() => parseComposeLine(['-n', 'shop', 'up'])).toThrow('did you mean --namespace?');
  expect(() => parseComposeLine(['-nshop', 'up'])).toThrow('did you mean --namespace?');
});

test('no flag of Compose is taken for one', () => {
  for (const name of flagsOfCompose.split(/\s+/).filter(Boolean)) {
    const rest = [`--${name}`, `--${name}=x`, '-n', '5'];
    expect(parseComposeLine(['config', ...rest]).rest).toEqual(rest);
  }
  const program = ['web', 'tool', '--incomming'];
  expect(parseComposeLine(['exec', ...program]).rest).toEqual(program);
});
