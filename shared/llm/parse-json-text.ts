/**
 * The JSON object in a model's text: the text itself, what a code fence holds, or what stands between the first and the
 * last brace. Undefined when there is none; no value is ever guessed from prose.
 */
export function parseJsonText(text: string): unknown {
  const trimmed = text.trim();
  const fenced = /```(?:json)?\s*([\s\S]*?)```/i.exec(trimmed)?.[1];
  const braced = trimmed.slice(trimmed.indexOf('{'), trimmed.lastIndexOf('}') + 1);
  for (const candidate of [trimmed, fenced, braced]) {
    if (candidate === undefined || !candidate.trim().startsWith('{')) continue;
    try {
      return JSON.parse(candidate);
    } catch {
      // The next candidate may parse.
    }
  }
  return undefined;
}
