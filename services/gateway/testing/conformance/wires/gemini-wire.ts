import { type Answer, type AnswerContext, type AnswerPart, argumentsOf } from '../answer.ts';
import { FAULT_STATUSES, SSE_TYPE, sse, type UpstreamFault, type Wire } from './wire.ts';

const STOPS: Readonly<Record<Answer['stop'], string>> = {
  end: 'STOP',
  tool: 'STOP',
  length: 'MAX_TOKENS',
  refusal: 'SAFETY',
  stop_sequence: 'STOP',
  pause: 'STOP',
};
const FAULT_NAMES: Readonly<Record<UpstreamFault, string>> = {
  invalid: 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  rate_limit: 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  server: 'INTERNAL',
};

function usageOf({ usage }: Answer): object {
  const promptTokenCount = usage.input + usage.cacheRead + usage.cacheWrite;
  return {
    promptTokenCount,
    cachedContentTokenCount: usage.cacheRead,
    candidatesTokenCount: usage.output,
    totalTokenCount: promptTokenCount + usage.output,
  };
}

function signed(part: AnswerPart): object {
  return part.type === 'text' || part.signature === undefined ? {} : { thoughtSignature: part.signature };
}

/** Vertex can send the arguments of a call field by field, and of a text field piece by piece. */
function streamedCall(part: Extract<AnswerPart, { type: 'call' }>, id: object): readonly object[] {
  const given = argumentsOf(part) as Readonly<Record<string, unknown>>;
  const pieces = Object.entries(given).flatMap(([name, value]) => {
    const said = String(value);
    const middle = Math.ceil(said.length / 2);
    return [
      { jsonPath: `$.${name}`, stringValue: said.slice(0, middle), willContinue: true },
      { jsonPath: `$.${name}`, stringValue: said.slice(middle) },
    ];
  });
  return [
    { functionCall: { name: part.name, ...id, willContinue: true }, ...signed(part) },
    ...pieces.map((piece) => ({ functionCall: { partialArgs: [piece], willContinue: true } })),
    { functionCall: {} },
  ];
}

/** The parts that a part of the answer becomes, each in a chunk of its own. */
function partsOf(part: AnswerPart, number: number, answer: Answer, context: AnswerContext): readonly object[] {
  if (part.type === 'call') {
    // Only since its third generation does the model number its calls.
    const fresh = /gemini-2/.test(context.model) ? {} : { id: `call${context.index}x${number}` };
    const id = part.id === null ? {} : part.id === undefined ? fresh : { id: part.id };
    if (answer.deviations.has('streamed_arguments')) return streamedCall(part, id);
    const args = argumentsOf(part);
    const given = typeof args === 'object' && args !== null && Object.keys(args).length === 0 ? {} : { args };
    return [{ functionCall: { name: part.name, ...id, ...given }, ...signed(part) }];
  }
  const thought = part.type === 'thinking' ? { thought: true } : {};
  const last = part.pieces.length - 1;
  return part.pieces.map((text, index) => ({ text, ...thought, ...(index === last ? signed(part) : {}) }));
}

function grounding({ parts }: Answer): object {
  const cited = parts.flatMap((part) => (part.type === 'text' && part.citedUrl !== undefined ? [part.citedUrl] : []));
  if (cited.length === 0) return {};
  const groundingChunks = cited.map((uri) => ({ web: { uri, title: 'A page' } }));
  const groundingSupports = [{ segment: { startIndex: 0, endIndex: 5, text: 'cited' }, groundingChunkIndices: [0] }];
  return { groundingMetadata: { groundingChunks, groundingSupports } };
}

function lastCandidate(answer: Answer): object {
  return { finishReason: STOPS[answer.stop], ...grounding(answer) };
}

/** generateContent, of AI Studio and of Vertex. */
export const GEMINI_WIRE: Wire = {
  streamType: SSE_TYPE,
  body(answer, context) {
    const plain = { ...answer, deviations: new Set<never>() };
    const parts = answer.parts.flatMap((part, number) => partsOf(part, number, plain, context));
    return {
      candidates: [{ content: { role: 'model', parts }, index: 0, ...lastCandidate(answer) }],
      ...(answer.deviations.has('no_usage') ? {} : { usageMetadata: usageOf(answer) }),
      modelVersion: context.model,
      responseId: `response${context.index}`,
    };
  },
  frames(answer, context) {
    const head = { modelVersion: context.model, responseId: `response${context.index}` };
    const usage = answer.deviations.has('no_usage') ? {} : { usageMetadata: usageOf(answer) };
    const chunk = (parts: readonly object[], candidate: object, more: object): Buffer =>
      sse({ candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }], ...more, ...head });
    const spoken = answer.parts.flatMap((part, number) => partsOf(part, number, answer, context));
    return [...spoken.map((part) => chunk([part], {}, {})), chunk([{ text: '' }], lastCandidate(answer), usage)];
  },
  replay: (events) => events.map((event) => sse(event)),
  fault(fault, message) {
    const code = FAULT_STATUSES[fault];
    return { status: code, body: { error: { code, message, status: FAULT_NAMES[fault] } } };
  },
  streamFault: (message) => sse({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  garbage: sse('{"candidates": [{"con'),
};
