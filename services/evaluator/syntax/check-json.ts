import type { SyntaxVerdict } from '../scorers/code/check-syntax.ts';

/** JSON by the parser that would read it. */
export function checkJson(text: string): SyntaxVerdict {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    JSON.parse(json);
    return { type: 'valid' };
  } catch (error) {
    return { type: 'invalid', fault: faultAt(json, positionOf(error, json)) };
  }
}

/** The engine's message names the position; at the end of the input it does not. */
function positionOf(error: unknown, text: string): number {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  return position === undefined ? text.length : Number(position);
}

function faultAt(text: string, position: number) {
  const before = text.slice(0, position);
  return { line: before.split('\n').length, column: position - before.lastIndexOf('\n') };
}
