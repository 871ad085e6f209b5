import { expect, test } from 'vitest';
import { Lease } from './lease.ts';

interface Connection {
  readonly gone: AbortSignal;
  drop(): void;
}

function connection(): Connection {
  const left = new AbortController();
  return { gone: left.signal, drop: () => left.abort() };
}

/** A lease, what was told of its end, and the end of its patience with commands that do not come. */
function start() {
  const told: [why: string, claimed: boolean][] = [];
  let pass: () => void = () => undefined;
  const clock = {
    after: (_: number, act: () => void) => {
      pass = act;
      return {
        cancel: () => {
          pass = () => undefined;
        },
      };
    },
  };
  const lease = new Lease({ clock, onOver: (...how) => told.push(how) });
  return { lease, told, passTime: () => pass() };
}

test('a session that no command asks for anything is over', () => {
  const { told, passTime } = start();
  passTime();
  expect(told).toEqual([['no command has come', false]]);
});

test('a command that is gone before the containers are up takes the session along', () => {
  const { lease, told, passTime } = start();
  const cli = connection();
  lease.hold(cli.gone);
  passTime();
  expect(told).toEqual([]);
  cli.drop();
  expect(told).toEqual([['the command is gone', true]]);
});

test('a command that was gone before its request was read is not waited for', () => {
  const { lease, told } = start();
  const cli = connection();
  cli.drop();
  lease.hold(cli.gone);
  expect(told).toEqual([['the command is gone', true]]);
});

test('settled, it outlives the command, and later ones that fail', () => {
  const { lease, told } = start();
  const [first, second] = [connection(), connection()];
  lease.hold(first.gone);
  lease.settle();
  first.drop();
  lease.hold(second.gone);
  second.drop();
  expect([told, lease.isSettled]).toEqual([[], true]);
});

test('an attached command holds it, whatever other commands come and go', () => {
  const { lease, told } = start();
  const [up, run] = [connection(), connection()];
  lease.hold(up.gone);
  lease.attach(up.gone);
  lease.hold(run.gone);
  run.drop();
  expect([told, lease.isAttached]).toEqual([[], true]);
  up.drop();
  expect(told).toContainEqual(['the attached command is gone', true]);
});

test('an attached command that settles it runs on without: later it is no loss', () => {
  const { lease, told } = start();
  const cli = connection();
  lease.hold(cli.gone);
  lease.attach(cli.gone);
  lease.settle({ gone: cli.gone });
  expect(lease.isAttached).toBe(false);
  cli.drop();
  expect(told).toEqual([]);
});

test('settled by another command, it still ends with the one that is attached', () => {
  const { lease, told } = start();
  const [attached, other] = [connection(), connection()];
  lease.attach(attached.gone);
  lease.settle({ gone: other.gone, endsWithContainers: true });
  expect([lease.isAttached, lease.endsWithContainers]).toEqual([true, true]);
  attached.drop();
  expect(told).toEqual([['the attached command is gone', true]]);
});
