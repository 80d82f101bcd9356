/** Indexes as a base64 bitmap: a long session repeats its lists at every call, and bits are what that may cost. */
export function encodeBitmap(indexes: readonly number[]): string {
  const highest = indexes.reduce((most, index) => Math.max(most, index), -1);
  const bits = Buffer.alloc(Math.ceil((highest + 1) / 8));
  for (const index of indexes) bits.writeUInt8(bits.readUInt8(index >> 3) | (1 << (index & 7)), index >> 3);
  return bits.toString('base64');
}

export function decodeBitmap(text: string): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const [byteIndex, byte] of Buffer.from(text, 'base64').entries()) {
    for (let bit = 0; bit < 8; bit += 1) if ((byte >> bit) & 1) indexes.add(byteIndex * 8 + bit);
  }
  return indexes;
}
