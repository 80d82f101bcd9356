/** One line of a file; `text` is null when it is longer than allowed, and then it was not kept. */
export interface FileLine {
  /** From 1. */
  readonly number: number;
  readonly text: string | null;
}

const NEWLINE = 0x0a;

/** Splits bytes into lines, with memory for one line of at most `lineBytesMax` bytes. Empty lines are left out. */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  options: { readonly lineBytesMax: number },
): AsyncGenerator<FileLine> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer) => {
    bytes += part.length;
    if (bytes > options.lineBytesMax) parts = [];
    else parts.push(part);
  };
  const take = (): FileLine | null => {
    const isTooLong = bytes > options.lineBytesMax;
    const line = { number, text: isTooLong ? null : Buffer.concat(parts).toString('utf8') };
    number += 1;
    parts = [];
    bytes = 0;
    return line.text?.trim() === '' ? null : line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      const line = take();
      if (line !== null) yield line;
    }
    keep(chunk.subarray(start));
  }
  const last = take();
  if (last !== null) yield last;
}
