/**
 * Whose doing each error of the tools of tau-bench and tau2-bench is, one rule for all: it is the model's where the
 * arguments break a rule of the tool that holds in every state of the world (sums, counts, kinds, formats, values that
 * must differ or belong together), and the environment's where the call would have worked in another state of the world
 * (records that are not there, states, balances, seats). Written from the sources of the tools, template by template, and
 * not from what our classification says.
 */
const TOOL_ERROR_KEY: readonly (readonly [RegExp, 'environment' | 'invalid_parameter'])[] = [
  [/^Error: payment amount does not add up/i, 'invalid_parameter'],
  [/^Error: certificate cannot be used to update reservation/i, 'invalid_parameter'],
  [/^Error: number of passengers does not match/i, 'invalid_parameter'],
  [/^Error: the number of items to be exchanged should match/i, 'invalid_parameter'],
  [/^Error: the new item id should be different from the old item id/i, 'invalid_parameter'],
  [/^Error: the new payment method should be different from the current one/i, 'invalid_parameter'],
  [/^Error: payment method should be the original payment method/i, 'invalid_parameter'],
  [/^Error: invalid (reason|characters in expression|payment method|id format|field)/i, 'invalid_parameter'],
  [/^Error: (data )?amount must be (greater|positive)|^Error: .* must be positive/i, 'invalid_parameter'],
  [/^Error: unknown (tool|field|id)/i, 'invalid_parameter'],
  [
    /^Error: (user|order|product|reservation|plan|line|customer|bill|device|flight|item|payment method)\b.*\bnot found/i,
    'environment',
  ],
  [/^Error: \S+ not found/i, 'environment'],
  [/^Error: new item \S+ not found or available/i, 'environment'],
  [/^Error: flight \S+ not available on date/i, 'environment'],
  [/^Error: not enough (seats|balance)/i, 'environment'],
  [/^Error: (gift card balance is not enough|insufficient gift card balance)/i, 'environment'],
  [/^Error: non-(pending|delivered) order cannot be/i, 'environment'],
  [/^Error: line must be \w+ to/i, 'environment'],
  [/^Error: there should be exactly one payment for a pending order/i, 'environment'],
  [/^Error: (bill|line|order|reservation|customer)\b.*\b(is|already|has)\b/i, 'environment'],
];

/** The class of an error by the key, or null for words that are not in it. */
export function keyedToolError(text: string): 'environment' | 'invalid_parameter' | null {
  return TOOL_ERROR_KEY.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
