import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeNames, type EnvironmentSources, mergeEnvironment } from './merge-environment.ts';

const everything = { include: ['*'], exclude: [], override: {}, unset: [] };

function merge(
  pod: string | Buffer,
  rules: Partial<EnvironmentSources['rules']> = {},
  compose: readonly string[] = [],
) {
  return mergeEnvironment({
    pod: typeof pod === 'string' ? Buffer.from(pod) : pod,
    compose: new Set(compose),
    rules: { ...everything, ...rules },
  });
}

const names = (pod: string, rules?: Partial<EnvironmentSources['rules']>, compose?: string[]) => [
  ...merge(pod, rules, compose).values.keys(),
];

test('override before Compose before the pod; unset before all', () => {
  const pod = 'A=pod\0B=pod\0C=pod\0D=pod\0';
  const merged = merge(
    pod,
    { override: { A: 'mine', B: 'mine', E: 'new', U: 'no' }, unset: ['D', 'U', 'IMAGE'] },
    ['B', 'C'],
  );
  expect([...merged.values]).toEqual([
    ['A', 'mine'],
    ['B', 'mine'],
    ['E', 'new'],
  ]);
  expect(merged).toMatchObject({ unset: ['D', 'IMAGE', 'U'], fromPod: 0, refused: [] });
  expect(merge(pod, {}, ['A']).fromPod).toBe(3);
});

test('each name that is left out is told with the rule that says so', () => {
  const pod = 'A=1\0B=1\0C=1\0D=1\0EA=1\0EB=1\0PATH=/x\0';
  const { leftOut, fromPod } = merge(
    pod,
    { include: ['?', 'EA', 'PATH*'], exclude: ['C'], override: { B: 'mine' }, unset: ['A'] },
    ['D'],
  );
  expect([leftOut.map(({ name, rule }) => `${name} ${rule}`), fromPod]).toEqual([
    ['A unset', 'B override', 'C exclude', 'D compose', 'EB include', 'PATH image'],
    1,
  ]);
});

test("what belongs to the image stays the image's, unless it is named", () => {
  const pod = 'PATH=/x\0HOME=/x\0LD_PRELOAD=x\0PWD=/\0DB_HOST=db\0NODE_VERSION=1\0';
  expect(names(pod)).toEqual(['DB_HOST']);
  expect(names(pod, { include: ['*', 'PATH'] })).toEqual(['DB_HOST', 'PATH']);
  expect(names(pod, { include: ['LD_*'] })).toEqual([]);
});

test('globs', () => {
  const pod = 'DB_HOST=1\0DB_PORT=2\0db_low=3\0XDB_A=4\0A.B=5\0AxB=6\0';
  expect(names(pod, { include: ['DB_*'] })).toEqual(['DB_HOST', 'DB_PORT']);
  expect(names(pod, { include: ['A.B'] })).toEqual(['A.B']);
  expect(names(pod, { include: ['A?B'] })).toEqual(['A.B', 'AxB']);
  expect(names(pod, { exclude: ['*DB_*', 'A*'] })).toEqual(['db_low']);
  expect(names(pod, { include: [] })).toEqual([]);
});

test('any UTF-8 value comes through as it is', () => {
  const value = fc
    .string({ unit: 'grapheme' })
    .map((text) => text.replaceAll('\0', ''))
    .map((text) => `${text}$"'\\ = \n\t\${X}`);
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), (list) => {
      const pod = list.map((text, index) => `V${index}=${text}\0`).join('');
      expect(Object.fromEntries(merge(pod).values)).toEqual(
        Object.fromEntries(list.map((text, index) => [`V${index}`, text])),
      );
    }),
  );
});

test('what Docker cannot carry is refused by name, unless it is overridden', () => {
  const pod = Buffer.concat([
    Buffer.from('BYTES=a\xff\0', 'latin1'),
    Buffer.from('N\xffM=1\0', 'latin1'),
    Buffer.from(`LONG=${'x'.repeat(131_072)}\0`),
    Buffer.from(`JUST=${'x'.repeat(131_066)}\0`),
  ]);
  const merged = merge(pod);
  expect([...merged.values.keys()]).toEqual(['JUST']);
  expect(merged.refused).toEqual([
    { name: 'BYTES', why: 'Docker carries UTF-8 only, and the value is other bytes' },
    { name: 'N?M', why: 'its name is not plain ASCII text' },
    { name: 'LONG', why: 'it is longer than 128 KiB' },
  ]);
  expect(merge(pod, { override: { BYTES: 'b', LONG: 'l' } }).refused).toHaveLength(1);
});

test('odd bytes of the kernel: no name, no =, twice, no NUL at the end', () => {
  expect([...merge('=x\0plain\0A=1\0A=2\0\0B=3').values]).toEqual([
    ['A', '1'],
    ['B', '3'],
  ]);
  expect(merge('').values.size).toBe(0);
});

test('no input makes it throw, and it is fast', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      merge(Buffer.from(bytes));
    }),
  );
  const many = Array.from({ length: 2_000 }, (_, index) => `VARIABLE_${index}=${index}\0`).join('');
  expect(merge(many, { exclude: [`${'*A'.repeat(12)}`] }).values.size).toBe(2_000);
});

test('what Compose names without a value is left to the pod', () => {
  const project = { services: { api: { environment: { A: '', B: 'b', TOKEN: null } } } };
  expect([...composeNames(project, 'api')]).toEqual(['A', 'B']);
  expect([...composeNames(project, 'nobody')]).toEqual([]);
});
