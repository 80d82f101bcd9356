import { LineCounter, parseAllDocuments } from 'yaml';
import type { SyntaxVerdict } from '../scorers/code/check-syntax.ts';

/** YAML by a parser that knows all of it; several documents in one file are usual. */
export function checkYaml(text: string): SyntaxVerdict {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) continue;
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return { type: 'invalid', fault: { line, column: col } };
  }
  return { type: 'valid' };
}
