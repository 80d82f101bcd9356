/**
 * What a person decided about two templates, for good: a merge is `together`, a split `apart`. A merge of whole clusters
 * is one pin between a template of each; pins reach through each other.
 */
export interface Pin {
  readonly kind: 'together' | 'apart';
  readonly templateIds: readonly [string, string];
}
