import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { KNOWN_PROVIDERS } from '#shared/providers/known-provider.ts';
import type { Column } from './columns.ts';
import type { Mode } from './conformance-case.ts';

/** What somebody recorded of a real server, and what it says. */
export interface RecordedAnswer {
  readonly events: readonly Record<string, unknown>[];
  readonly expect: z.output<typeof expectSchema>;
}

const expectSchema = z.object({
  text: z.string(),
  reasoning: z.string().default(''),
  toolCalls: z.array(z.object({ name: z.string(), input: z.unknown() })),
  stopReason: z.string(),
});
const headSchema = z.looseObject({ source: z.string(), expect: z.unknown() });
const eventSchema = z.record(z.string(), z.unknown());

const OWN_FOLDER = fileURLToPath(new URL('./fixtures/', import.meta.url));
const PROVIDERS_FOLDER = fileURLToPath(new URL('../../../../shared/providers/', import.meta.url));

/** Folders with recordings of servers of a column's format: those of the providers, and one of formats that none has. */
function foldersOf({ format }: Column): readonly string[] {
  const providers = [...KNOWN_PROVIDERS.values()].filter((provider) => provider.format === format);
  const folders = providers.map(({ name }) => `${PROVIDERS_FOLDER}${name}/fixtures/`);
  return format === 'openai-responses' ? [...folders, OWN_FOLDER] : folders;
}

/** Recordings, not hand-written fixtures, that a column can be answered with in a mode. */
export function recordedAnswers(column: Column, mode: Mode): readonly RecordedAnswer[] {
  const isWanted = (file: string) => file.endsWith('.jsonl') && file.includes('.stream.') === (mode === 'streamed');
  return foldersOf(column).flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => isWanted(file) && !file.startsWith('error'))
      .flatMap((file) => {
        const [head, ...events] = readFileSync(`${folder}${file}`, 'utf8').trim().split('\n');
        const { source, expect } = headSchema.parse(JSON.parse(head ?? '{}'));
        if (source !== 'recorded') return [];
        const parsed = events.map((event) => eventSchema.parse(JSON.parse(event)));
        return [{ events: parsed, expect: expectSchema.parse(expect) }];
      }),
  );
}
