import type { ServerToolsConfig } from '#shared/config/server-tools-schema.ts';
import { isJsonObject } from '#shared/formats/json-object.ts';
import type { Log } from '#shared/log.ts';
import type { PageFetcher } from '#shared/upstream/fetch-page.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import type { OfferedTool } from './offered-tool.ts';
import type { ServerCall } from './plan-server-tools.ts';
import { fetchBlock, fetchErrorBlock, type ServerResultBlock, searchBlock, searchErrorBlock } from './result-blocks.ts';
import { runFetch } from './run-fetch.ts';
import { runSearch } from './run-search.ts';
import { addResults, type ServerTurn, stepBody, takeUse } from './server-turn.ts';

export interface RunServerCallsDeps {
  readonly pools: UpstreamPools;
  readonly pages: PageFetcher;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** Runs calls at once and puts their results into the turn, in the order of the calls. */
export async function runServerCalls(
  deps: RunServerCallsDeps,
  run: { readonly turn: ServerTurn; readonly config: ServerToolsConfig; readonly signal: AbortSignal },
  calls: readonly ServerCall[],
): Promise<readonly ServerResultBlock[]> {
  const { turn } = run;
  const results = await Promise.all(
    calls.map(async (call): Promise<ServerResultBlock> => {
      const tool = turn.plan.tools.get(call.kind);
      const input = isJsonObject(call.input) ? call.input : {};
      if (tool === undefined || !takeUse(turn, call.kind)) return failed(call, 'max_uses_exceeded');
      return call.kind === 'web_search'
        ? await search(deps, run, { call, tool, query: input['query'] })
        : await fetchPage(deps, run, { call, tool, url: input['url'] });
    }),
  );
  addResults(turn, results);
  return results;
}

function failed({ id, kind }: ServerCall, errorCode: 'max_uses_exceeded' | 'unavailable'): ServerResultBlock {
  return kind === 'web_search' ? searchErrorBlock(id, errorCode) : fetchErrorBlock(id, errorCode);
}

interface Run {
  readonly turn: ServerTurn;
  readonly config: ServerToolsConfig;
  readonly signal: AbortSignal;
}

async function search(
  deps: RunServerCallsDeps,
  { config, signal, turn }: Run,
  { call, tool, query }: { readonly call: ServerCall; readonly tool: OfferedTool; readonly query: unknown },
): Promise<ServerResultBlock> {
  if (config.webSearch === undefined) return failed(call, 'unavailable');
  const outcome = await runSearch(deps, { query, tool, config: config.webSearch }, signal);
  if (outcome.type === 'found') return searchBlock(call.id, outcome.results);
  deps.log.warn({ callId: turn.callId, reason: outcome.reason, errorCode: outcome.errorCode }, 'a web search failed');
  return searchErrorBlock(call.id, outcome.errorCode);
}

async function fetchPage(
  deps: RunServerCallsDeps,
  { config, signal, turn }: Run,
  { call, tool, url }: { readonly call: ServerCall; readonly tool: OfferedTool; readonly url: unknown },
): Promise<ServerResultBlock> {
  const { messages } = stepBody(turn);
  const outcome = await runFetch(deps, { url, tool, config: config.webFetch, messages }, signal);
  return outcome.type === 'fetched'
    ? fetchBlock(call.id, outcome.document)
    : fetchErrorBlock(call.id, outcome.errorCode);
}
