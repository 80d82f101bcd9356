import { lookUp } from '#shared/look-up.ts';

/** How each check says what went wrong; a check without a sentence speaks by its own name. */
const SENTENCES: Readonly<Record<string, string>> = {
  parallel_collapsed: 'Parallel tool calls collapsed into one',
  args_malformed_json: 'Tool arguments are not valid JSON',
  unknown_tool: 'A tool is called that does not exist',
  missing_required: 'Required tool arguments are missing',
  stop_reason_inconsistent: 'The stop reason contradicts the content',
  failing_call_repeated: 'A failing tool call is repeated unchanged',
  tool_result_error: 'A tool refuses the call',
};

/** Share of the failures that one provider must have before it is named in a title. */
const FAILURE_SHARE_MIN = 0.8;
/** And how much more that must be than its share of the traffic: the only provider in use explains nothing. */
const LIFT_MIN = 1.5;
const SESSIONS_MIN = 3;
const TITLE_LENGTH_MAX = 200;

export interface ProviderShare {
  readonly provider: string;
  readonly failures: number;
  readonly failingSessions: number;
  /** Calls of the same turn shape in the same time, failed or not. */
  readonly calls: number;
}

/** The name of a cluster, made of facts alone, so that it is the same on every machine. */
export function titleOf(
  facts: { readonly check: string; readonly expectedVsActual: string; readonly turnShape: string },
  shares: readonly ProviderShare[],
): string {
  const sentence = lookUp(SENTENCES, facts.check) ?? capitalised(facts.check.replace(/[_.:-]+/g, ' '));
  const difference = facts.expectedVsActual === '' ? '' : `: ${facts.expectedVsActual}`;
  const provider = concentratedProvider(shares);
  const place = provider === null ? '' : ` on provider ${provider}`;
  return `${sentence}${difference}${place} (${facts.turnShape})`.slice(0, TITLE_LENGTH_MAX);
}

/** The provider on which a failure is concentrated, or null. */
export function concentratedProvider(shares: readonly ProviderShare[]): string | null {
  const failures = shares.reduce((sum, share) => sum + share.failures, 0);
  const calls = shares.reduce((sum, share) => sum + share.calls, 0);
  for (const share of shares) {
    const failureShare = share.failures / Math.max(1, failures);
    const trafficShare = share.calls / Math.max(1, calls);
    const enough = share.failingSessions >= SESSIONS_MIN && failureShare >= FAILURE_SHARE_MIN;
    if (enough && failureShare >= LIFT_MIN * trafficShare) return share.provider;
  }
  return null;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
