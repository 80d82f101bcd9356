/**
 * What a score says about a failure, in two parts. `expectedVsActual` is a bucketed ASCII text of ours (`calls 2+ ->
 * 1`) and equal for like failures; `detail` is the sentence from which a failure template is masked. Neither names the
 * model: one defect seen through two models is one failure.
 */
export interface ScoreExplanation {
  readonly expectedVsActual: string;
  readonly detail: string;
}

const SEPARATOR = ' | ';
/** The score table's limit for the whole text is 2,000. */
const EXPECTED_VS_ACTUAL_CHARACTERS_MAX = 200;
const DETAIL_CHARACTERS_MAX = 500;

/** The text stored as a score's `explanation`. */
export function formatExplanation(explanation: ScoreExplanation): string {
  const expectedVsActual = explanation.expectedVsActual
    .replaceAll('|', '/')
    .slice(0, EXPECTED_VS_ACTUAL_CHARACTERS_MAX);
  return `${expectedVsActual}${SEPARATOR}${oneLine(explanation.detail).slice(0, DETAIL_CHARACTERS_MAX)}`;
}

/** The two parts of a stored explanation, or null for a text that `formatExplanation` did not make. */
export function parseExplanation(text: string | null): ScoreExplanation | null {
  const at = text?.indexOf(SEPARATOR) ?? -1;
  if (text === null || at === -1) return null;
  return { expectedVsActual: text.slice(0, at), detail: text.slice(at + SEPARATOR.length) };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
