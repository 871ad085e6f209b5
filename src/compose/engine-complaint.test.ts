import { expect, test } from 'vitest';
import { engineComplaint } from './engine-complaint.ts';

const noContext =
  'Failed to initialize: unable to resolve docker endpoint: context "nope": context not found: open /x/meta.json: no such file or directory\n';

test('a context that does not exist, with the variable that names it', () => {
  expect(engineComplaint(noContext, { DOCKER_CONTEXT: 'nope' })).toMatchObject({
    code: 'KDEV12001',
    exitCode: 120,
    fact: 'the Docker context nope (DOCKER_CONTEXT) does not exist or names no engine',
    evidence: noContext.trim(),
    hints: expect.arrayContaining([
      expect.objectContaining({ command: 'unset DOCKER_CONTEXT' }),
      expect.objectContaining({ command: 'docker context ls' }),
    ]),
  });
});

test('the current context, where no variable names another', () => {
  expect(engineComplaint(noContext, {})).toMatchObject({
    fact: 'the Docker context nope (docker context) does not exist or names no engine',
    hints: expect.arrayContaining([
      expect.objectContaining({ command: 'docker context use default' }),
    ]),
  });
});

test('an address that is none', () => {
  const words = 'unable to resolve docker endpoint: invalid bind address format: foo://x';
  expect(engineComplaint(words, { DOCKER_HOST: 'foo://x' })).toMatchObject({
    code: 'KDEV12001',
    fact: 'foo://x (DOCKER_HOST) is no address of a Docker engine',
  });
});

test('an engine that does not answer, and one that may not be used', () => {
  const words =
    'Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?';
  expect(engineComplaint(words, { DOCKER_HOST: 'tcp://127.0.0.1:1' })).toMatchObject({
    code: 'KDEV12001',
    fact: 'the engine at tcp://127.0.0.1:1 (DOCKER_HOST) does not answer',
  });
  const denied = 'permission denied while trying to connect to the Docker daemon socket';
  expect(engineComplaint(denied, {})).toMatchObject({ code: 'KDEV12002' });
});

test('any other complaint is none of the engine', () => {
  expect(engineComplaint('services.api additional property imgae is not allowed', {})).toBe(
    undefined,
  );
});
