/** Characters that could close a fence, open markup or hide from a reader; inside JSON strings they may be escaped. */
const UNSAFE = /[<>&`\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A value as one labelled block of a teacher's request: JSON in which nothing can end the block, so that a text from
 * traffic stays what it is, data. `readFencedData` reads it back exactly.
 */
export function fenceData(name: string, value: unknown): string {
  const json = JSON.stringify(value, null, 1) ?? 'null';
  const safe = json.replace(UNSAFE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `<data name="${name}">\n${safe}\n</data>`;
}

/** The blocks of a request by name, as they were before they were fenced; undefined for a block that is not there. */
export function readFencedData(text: string, name: string): unknown {
  const opening = `<data name="${name}">\n`;
  const from = text.indexOf(opening);
  if (from === -1) return undefined;
  const until = text.indexOf('\n</data>', from);
  return until === -1 ? undefined : JSON.parse(text.slice(from + opening.length, until));
}
