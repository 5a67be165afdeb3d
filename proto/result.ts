// The two outcomes of anything that a peer or a person can get wrong. A refusal is a value with a
// code from one table per folder; our own bugs assert instead, and I/O failures throw.

export type Ok<T> = { readonly ok: true; readonly value: T };
export type Refused<Code extends string> = {
  readonly ok: false;
  readonly code: Code;
  /** Which field or value, for the person. Never needed to decide anything. */
  readonly detail: string;
};
export type Result<T, Code extends string> = Ok<T> | Refused<Code>;

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

export function refuse<Code extends string>(code: Code, detail = ''): Refused<Code> {
  return { ok: false, code, detail };
}
