import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { runAgentSession } from './agent-session.ts';

export interface Traffic {
  /** Sessions ended so far, and those that the client saw fail. */
  counts(): { readonly sessions: number; readonly failed: number };
  stop(): Promise<void>;
}

const AGENTS = 4;
/** Pause between two sessions of one agent: together about five a second, which two busy processors also score. */
const PAUSE_MS = 700;
const FILES = ['src/index.ts', 'src/server.ts', 'src/router.ts', 'README.md', 'package.json'];
/** Of every five tasks three need two files at once. */
const FILES_PER_TASK = [2, 1, 2, 1, 2];

/**
 * Agents at work, each one session after the other, until they are stopped.
 *
 * @param nextSessionId names of sessions; by them a scripted provider decides what goes wrong
 */
export function startTraffic(baseUrl: string, apiKey: string, nextSessionId: () => string = randomUUID): Traffic {
  const stopping = new AbortController();
  const client = new Anthropic({ apiKey, baseURL: baseUrl, maxRetries: 1 });
  let sessions = 0;
  let failed = 0;
  let started = 0;
  const agent = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const index = started++;
      const first = index % FILES.length;
      const wanted = FILES_PER_TASK[index % FILES_PER_TASK.length] ?? 1;
      const files = Array.from({ length: wanted }, (_, offset) => FILES[(first + offset) % FILES.length] ?? '');
      try {
        await runAgentSession(client, { sessionId: nextSessionId(), files }, stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) failed += 1;
        if (error instanceof Anthropic.AuthenticationError) throw error;
      }
      sessions += 1;
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const agents = Promise.all(Array.from({ length: AGENTS }, agent));
  agents.catch(() => stopping.abort());
  return {
    counts: () => ({ sessions, failed }),
    stop: async () => {
      stopping.abort();
      await agents;
    },
  };
}
