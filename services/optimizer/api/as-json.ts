/** A value with its moments as texts, as JSON has them. */
export type AsJson<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? AsJson<Item>[]
    : Value extends object
      ? { -readonly [Key in keyof Value]: AsJson<Value[Key]> }
      : Value;

/** What the value is once it has gone over the wire. */
export function asJson<Value>(value: Value): AsJson<Value> {
  return JSON.parse(JSON.stringify(value)) as AsJson<Value>;
}
