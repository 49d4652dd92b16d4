import { isObject, type JsonObject } from './reply.ts';

/* Members of JSON from a process: unexpected values are omitted. */

export function numberOf(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function numbersOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return value.map(numberOf).filter((number) => number !== null);
}

export function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === 'string');
}
