import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { classifyToolResult } from './classify-tool-result.ts';
import { isRecord, parseJson } from './json.ts';
import { extractRawReply } from './raw-reply.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write('SKIPPED: scorers are not held to recorded data, TRIMTAB_REAL_DATA is not set\n');
}

describe.skipIf(FOLDER === undefined)('scorers on recorded data (TRIMTAB_REAL_DATA)', () => {
  const folder = FOLDER ?? '';

  it('read the same tool calls from a whole reply and from its stream', () => {
    const recordings = join(folder, 'provider-recordings');
    let compared = 0;
    for (const name of [
      'alibaba/alibaba-tool-call',
      'deepseek/chat-deepseek-tool-call',
      'groq/groq-tool-call',
      'xai/xai-tool-call',
      'anthropic/anthropic-json-other-tool.1',
      'amazon-bedrock/amazon-bedrock-json-tool.3',
      'google/google-tool-call-gemini3',
      'openai/responses-programmatic-tool-calling.2',
    ]) {
      const whole = extractRawReply(readFileSync(join(recordings, `${name}.json`), 'utf8'));
      const chunks = readFileSync(join(recordings, `${name}.chunks.txt`), 'utf8').split('\n');
      const stream = extractRawReply(chunks.map((chunk) => `data: ${chunk}\n\n`).join(''));
      const shape = (reply: typeof whole) =>
        reply?.toolCalls.map((call) => [call.name, parseJson(call.argumentsText || '{}')]);
      expect(shape(stream), name).toEqual(shape(whole));
      expect(whole?.toolCalls.length, name).toBeGreaterThan(0);
      expect(stream?.stopReason, name).toBe(whole?.stopReason);
      compared += 1;
    }
    expect(compared).toBe(8);
  });

  it('tell error results by their words as the recording flags them, in at least 95 of 100 cases', () => {
    let agreed = 0;
    let flagged = 0;
    let all = 0;
    for (const { text, error } of toolResults(join(folder, 'tau2-bench'))) {
      const isError = classifyToolResult({ pointer: '', text, flaggedError: false }) !== 'ok';
      agreed += isError === error ? 1 : 0;
      flagged += error ? 1 : 0;
      all += 1;
    }
    expect(all).toBeGreaterThan(1_000);
    expect(flagged).toBeGreaterThan(20);
    expect(agreed / all).toBeGreaterThanOrEqual(0.95);
  });
});

function* toolResults(folder: string): Generator<{ readonly text: string; readonly error: boolean }> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl.gz') && !file.includes('labels'))) {
    const lines = gunzipSync(readFileSync(join(folder, name)))
      .toString('utf8')
      .split('\n');
    for (const run of lines.map(parseJson)) {
      if (!isRecord(run) || !Array.isArray(run['messages'])) continue;
      for (const message of (run['messages'] as unknown[]).filter(isRecord)) {
        if (message['role'] !== 'tool' || typeof message['error'] !== 'boolean') continue;
        yield { text: String(message['content'] ?? ''), error: message['error'] };
      }
    }
  }
}
