/**
 * Gives memory back at once that nobody will read again. By itself it counts as garbage of the old generation, which is
 * found by a search of the whole heap: allocating and giving back 100 kB costs a tenth of leaving it to that.
 *
 * Bytes that share their memory with others, as all small ones do, are left alone. What is given back has no bytes any
 * more for whoever still holds it.
 */
export function freeBytes({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isAlone = byteOffset === 0 && byteLength === buffer.byteLength && byteLength !== Buffer.poolSize;
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
