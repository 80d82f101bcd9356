import type { ConformanceCase } from './conformance-case.ts';
import { STREAMED_CALL_DEVIATIONS, STREAMED_CALLS } from './sections/a-streamed-calls.ts';
import { HISTORY } from './sections/b-history.ts';
import { SCHEMAS } from './sections/c-schemas.ts';
import { ANSWERED_THINKING } from './sections/d-answered-thinking.ts';
import { REPLAYED_THINKING } from './sections/d-replayed-thinking.ts';
import { ENVELOPE } from './sections/e-envelope.ts';
import { COUNTING } from './sections/f-counting.ts';
import { TRANSPORT } from './sections/g-transport.ts';
import { CLIENT_REQUESTS } from './sections/h-clients.ts';
import { CLIENT_ERRORS } from './sections/h-errors.ts';
import { CLIENT_PARAMETERS } from './sections/h-parameters.ts';
import { ANSWER_FIDELITY } from './sections/i-answers.ts';
import { OPENAI_CLIENTS } from './sections/i-openai-clients.ts';
import { RECORDINGS } from './sections/i-recordings.ts';
import { REQUEST_FIDELITY } from './sections/i-requests.ts';
import { CONTRACT } from './sections/zero-contract.ts';

/** Every line of the list, in its order. */
export const LINES: readonly ConformanceCase[] = [
  ...CONTRACT,
  ...STREAMED_CALLS,
  ...STREAMED_CALL_DEVIATIONS,
  ...HISTORY,
  ...SCHEMAS,
  ...ANSWERED_THINKING,
  ...REPLAYED_THINKING,
  ...ENVELOPE,
  ...COUNTING,
  ...TRANSPORT,
  ...CLIENT_REQUESTS,
  ...CLIENT_PARAMETERS,
  ...CLIENT_ERRORS,
  ...ANSWER_FIDELITY,
  ...OPENAI_CLIENTS,
  ...REQUEST_FIDELITY,
  ...RECORDINGS,
];
