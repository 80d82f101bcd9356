import type { Insertable, Selectable } from 'kysely';
import { type Call, callSchema } from '../domain/call.ts';
import { jsonText, storableText } from './columns.ts';
import type { CallTable } from './tables/call-tables.ts';
import type { EncodedTranscript } from './transcript/encode-transcript.ts';

/** A call as a row. Free text is made storable; the exact bytes of content are in blocks. */
export function callRowOf(call: Call, transcript: EncodedTranscript): Insertable<CallTable> {
  const { usage, candidates, attempts, losses, completeness, startedAt, ...plain } = call;
  return {
    ...withStorableText(plain),
    startedAt: new Date(startedAt),
    candidates: jsonText(candidates),
    attempts: jsonText(attempts),
    losses: jsonText(losses),
    completeness: jsonText(completeness),
    inputTokens: usage?.inputTokens ?? null,
    cacheReadInputTokens: usage?.cacheReadInputTokens ?? null,
    cacheCreationInputTokens: usage?.cacheCreationInputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    reasoningOutputTokens: usage?.reasoningOutputTokens ?? null,
    parametersBlock: transcript.parametersBlock,
    transcriptHead: transcript.transcriptHead,
    transcriptLayout: jsonText(transcript.layout),
    responseNode: transcript.responseNode,
    upstreamRawBlock: transcript.upstreamRawBlock,
    catalogueHash: transcript.catalogueHash,
    toolUseKey: transcript.toolUseKey,
  };
}

/** The call of a row, parsed: rows are written by older versions too. */
export function callOf(row: Selectable<CallTable>): Call {
  const { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens } = row;
  const usage =
    inputTokens === null
      ? null
      : { inputTokens, cacheReadInputTokens, cacheCreationInputTokens, outputTokens, reasoningOutputTokens };
  return callSchema.parse({ ...row, startedAt: row.startedAt.getTime(), usage });
}

/** Changes what it is given. */
function withStorableText<Fields extends Record<string, string | number | null>>(fields: Fields): Fields {
  for (const name in fields) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const text = storableText(value);
    if (text !== value) fields[name] = text as typeof value;
  }
  return fields;
}
