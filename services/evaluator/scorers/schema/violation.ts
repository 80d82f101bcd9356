/** What of a schema arguments break; each kind has a scorer of its own. */
export type ViolationKind =
  | 'missing_required'
  | 'unexpected_param'
  | 'type_mismatch'
  | 'enum_violation'
  | 'constraint_violation';

/** One place where arguments and schema disagree. */
export interface Violation {
  readonly kind: ViolationKind;
  /** JSON pointer inside the arguments. */
  readonly path: string;
  /** Bucketed text of ours, equal for like failures. */
  readonly expectedVsActual: string;
  /** A sentence of ours; of the schema it has at most a plain identifier. */
  readonly detail: string;
  /** Where the schema leaves open whether this is allowed. */
  readonly isDoubtful?: boolean;
}

/** A JSON pointer's next step. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Schema identifiers are the client's own words; what is not a plain identifier is left out of texts. */
export function plainIdentifier(name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : 'a property';
}
