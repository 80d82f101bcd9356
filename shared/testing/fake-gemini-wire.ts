import type { FakeMessage, FakeRequest } from './fake-reply.ts';
import { type FakeWire, modelOf, pieces, usageOf } from './fake-wire.ts';
import { refuseGeminiBody } from './strict-gemini.ts';

type Part = Readonly<Record<string, unknown>>;

/** Parameters of generateContent that Google documents; any other is answered with "Unknown name". */
const TOP_LEVEL = new Set(
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels'.split(' '),
);
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
};

/** Google's generateContent, of AI Studio and of Vertex AI. */
export const FAKE_GEMINI_WIRE: FakeWire = {
  path: /\/models\/[^/:]+:(?:generateContent|streamGenerateContent)$/,
  modelInPath: /\/models\/([^/:]+):/,
  streamPath: /:streamGenerateContent$/,
  refuse({ body, model, path, query }) {
    if (path.endsWith(':streamGenerateContent') && !query.includes('alt=sse')) return 'alt=sse is missing';
    const unknown = Object.keys(body).find((name) => !TOP_LEVEL.has(name));
    if (unknown !== undefined) return `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`;
    return refuseGeminiBody(body, /gemini-[12]\b/.test(model) ? 2 : 3);
  },
  error: (code, message) => ({ error: { code, message, status: STATUS_NAMES[code] ?? 'UNKNOWN' } }),
  body: (message, request) => chunk(message, request, parts(message, request), true),
  events(message, request, delivery) {
    const said = [
      ...pieces(message.reasoning ?? '', delivery).map((text) => [{ text, thought: true }]),
      ...pieces(message.text ?? '', delivery).map((text) => [{ text }]),
      ...callParts(message, request).map((part) => [part]),
    ];
    const last = said.length - 1;
    return (said.length === 0 ? [[]] : said).map(
      (content, index) =>
        `data: ${JSON.stringify(chunk(message, request, content, index === Math.max(0, last)))}\r\n\r\n`,
    );
  },
};

function parts(message: FakeMessage, request: FakeRequest): Part[] {
  return [
    ...(message.reasoning === undefined ? [] : [{ text: message.reasoning, thought: true }]),
    ...(message.text === undefined ? [] : [{ text: message.text }]),
    ...callParts(message, request),
  ];
}

/** The first call of an answer carries the signature of the thought behind it. */
function callParts(message: FakeMessage, { index }: FakeRequest): Part[] {
  return (message.toolCalls ?? []).map((call, place) => ({
    functionCall: {
      id: call.id ?? `fake_${index}_${place}`,
      name: call.name,
      args: typeof call.arguments === 'string' ? (JSON.parse(call.arguments) as unknown) : call.arguments,
    },
    ...(place === 0 ? { thoughtSignature: 'ZmFrZS10aG91Z2h0' } : {}),
  }));
}

function finishReason({ stopReason }: FakeMessage): string {
  if (stopReason === 'length') return 'MAX_TOKENS';
  return stopReason === 'refusal' ? 'SAFETY' : 'STOP';
}

function chunk(message: FakeMessage, request: FakeRequest, content: readonly Part[], isLast: boolean): object {
  const { input, output, cacheRead } = usageOf(message, request);
  return {
    candidates: [
      {
        index: 0,
        ...(content.length === 0 ? {} : { content: { role: 'model', parts: content } }),
        ...(isLast ? { finishReason: finishReason(message) } : {}),
      },
    ],
    usageMetadata: {
      promptTokenCount: input + cacheRead,
      totalTokenCount: input + cacheRead + (isLast ? output : 0),
      ...(cacheRead === 0 ? {} : { cachedContentTokenCount: cacheRead }),
      ...(isLast ? { candidatesTokenCount: output } : {}),
    },
    modelVersion: modelOf(message, request),
    responseId: `fake${request.index}`,
  };
}
