import * as z from 'zod';

/** What a kind of loss means, and how bad it is for the call that has one. */
export interface LossKindDefinition {
  readonly definition: string;
  /** Of the scorer of this kind. Never `error`: a loss is told, and what it breaks is found by other checks. */
  readonly severity: 'warning' | 'info';
  /**
   * What one distinct loss takes from a call's fidelity. A renaming is undone on the way back; a dropped field changes
   * what the model was asked, and ten of them leave nothing to trust.
   */
  readonly fidelityWeight: number;
}

/** Every kind, once: the schema, the scorers, fidelity, the metric and the guide are made of or held to this table. */
export const LOSS_KINDS = {
  dropped: {
    definition: 'A field or block did not reach the other side at all.',
    severity: 'warning',
    fidelityWeight: 0.1,
  },
  approximated: {
    definition: 'What was meant was said in another way, which is near to it and not the same.',
    severity: 'warning',
    fidelityWeight: 0.05,
  },
  clamped: {
    definition: 'A number or text was cut to the limit of the other side.',
    severity: 'info',
    fidelityWeight: 0.05,
  },
  renamed: {
    definition:
      'A name, id or keyword was replaced by one that means the same; names and ids are restored on the way back.',
    severity: 'info',
    fidelityWeight: 0,
  },
  repaired: {
    definition: 'Something that the other side would have refused or misread was put right.',
    severity: 'info',
    fidelityWeight: 0.05,
  },
} as const satisfies Readonly<Record<string, LossKindDefinition>>;

export type LossKind = keyof typeof LOSS_KINDS;

export const lossKindSchema = z.enum(Object.keys(LOSS_KINDS) as [LossKind, ...LossKind[]]);

/**
 * One thing that did not survive a translation. `pointer` is a JSON pointer into the canonical request or response
 * (the first occurrence); `detail` is short ASCII written by us, never text of the traffic; `count` says how often the
 * same loss occurred in the call when that is more than once.
 */
export const lossSchema = z.object({
  kind: lossKindSchema,
  pointer: z.string().max(256),
  format: z.string().max(40),
  detail: z.string().max(160),
  count: z.number().int().min(2).optional(),
});

export type Loss = z.infer<typeof lossSchema>;
