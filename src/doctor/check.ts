// One thing that the doctor looked at: how it is, in a line, and what exactly to do where it is not
// as it should be. Spec: docs/mesh.md, "kith doctor".

export type Health = 'ok' | 'warning' | 'problem';

export interface Check {
  /** What scripts know it by. */
  readonly id: string;
  readonly title: string;
  readonly health: Health;
  readonly said: string;
  /** Null where nothing is to be done. */
  readonly todo: string | null;
}

export type Finding = Omit<Check, 'id' | 'title'>;

export function ok(said: string): Finding {
  return { health: 'ok', said, todo: null };
}

/** It works, and somebody should know. */
export function warning(said: string, todo: string): Finding {
  return { health: 'warning', said, todo };
}

/** Something does not work before it is done. */
export function problem(said: string, todo: string): Finding {
  return { health: 'problem', said, todo };
}
