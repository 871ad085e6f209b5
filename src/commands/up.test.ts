import { expect, test } from 'vitest';
import { isDetached } from './up.ts';

test.each([[['-d']], [['--detach']], [['--build', '-d', 'web']], [['-dV']], [['--wait']]])(
  '%j is detached',
  (args) => expect(isDetached(args)).toBe(true),
);

test.each([[[]], [['--build']], [['web', 'd']], [['--detach=false']], [['--no-deps']]])(
  '%j is not',
  (args) => expect(isDetached(args)).toBe(false),
);
