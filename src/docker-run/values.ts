import { escapeDollars, type Model, type Value } from '../compose/model.ts';
import { misused } from './misused.ts';

/** What Compose calls the values that were given for an option. `$` is doubled in them. */
export type Carry = (values: readonly string[], option: string) => Value;

export const text: Carry = (values) => escapeDollars(values.at(-1) ?? '');

export const number: Carry = (values, option) => toNumber(values.at(-1) ?? '', option);

export const yes: Carry = (values) => values.at(-1) === 'true';

export const list: Carry = (values) => values.map(escapeDollars);

/** `name=value`; without a value it is empty. */
export const map: Carry = (values) => toMap(values);

/** Bytes are a number or `64m`; `-1` is for no limit. */
export const bytes: Carry = (values, option) => {
  const value = values.at(-1) ?? '';
  return /^-?\d+$/.test(value) ? toNumber(value, option) : escapeDollars(value);
};

export const seconds: Carry = (values, option) => `${toNumber(values.at(-1) ?? '', option)}s`;

/** `/dev/sda:1mb` */
export function devices(key: 'rate' | 'weight'): Carry {
  return (values, option) =>
    values.map((value): Value => {
      const at = value.lastIndexOf(':');
      if (at < 1) throw misused(`--${option} is DEVICE:${key.toUpperCase()}, not ${value}`);
      const amount = value.slice(at + 1);
      return {
        path: escapeDollars(value.slice(0, at)),
        [key]: key === 'weight' ? toNumber(amount, option) : escapeDollars(amount),
      };
    });
}

/** `nofile=1024:2048`, `nproc=100` */
export const limits: Carry = (values, option) =>
  Object.fromEntries(
    values.map((value): [string, Value] => {
      const [, name = '', soft = '', hard = soft] =
        /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
      if (name === '') throw misused(`--${option} is NAME=SOFT[:HARD], not ${value}`);
      return [name, { soft: Number(soft), hard: Number(hard) }];
    }),
  );

export function toMap(values: readonly string[]): Model {
  return Object.fromEntries(
    values.map((value) => {
      const [name = '', ...rest] = value.split('=');
      return [name, escapeDollars(rest.join('='))];
    }),
  );
}

export function toNumber(value: string, option: string): number {
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  throw misused(`--${option} is a number, not ${value}`);
}
