/**
 * What a table says of a word from the wire. Plain access would find `valueOf` and `constructor` in every table, and
 * take a client's or a server's word for them.
 */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
