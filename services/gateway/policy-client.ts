import { readFile } from 'node:fs/promises';
import { type ActivePolicies, activePoliciesSchema } from '#shared/domain/active-policies.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Log } from '#shared/log.ts';
import { withDeadline } from '#shared/queue/with-deadline.ts';
import { createOutageLog } from './log-outage.ts';
import { writeFileDurably } from './write-file-durably.ts';

export interface PolicyClientDeps {
  readonly read: () => Promise<ActivePolicies | null>;
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Called after every snapshot that was taken over. */
  readonly onApplied?: (active: ActivePolicies) => void;
  /** Where the copy is kept; the file of `copyPath` when absent. */
  readonly copy?: PolicyCopy;
}

/** What a gateway starts from when the store is down. */
export interface PolicyCopy {
  /** The text, or null when there is none or it cannot be read. */
  read(): Promise<string | null>;
  /** Replaces the text in one step. */
  write(text: string): Promise<void>;
}

/** Holds the policies that this gateway routes by; what it holds is always whole, validated and never older. */
export interface PolicyClient {
  /** Takes the first snapshot: from the store, else from the copy. Throws `not_configured` when there is neither. */
  start(): Promise<void>;
  current(): ActivePolicies;
  /** Reads the store now. Never throws; a failure leaves the current snapshot in force. */
  refresh(): Promise<void>;
  status(): PolicyStatus;
}

export interface PolicyStatus {
  readonly source: 'store' | 'copy' | 'none';
  readonly appliedAtMs: number | null;
  /** When the store last answered. */
  readonly confirmedAtMs: number | null;
  readonly lastError: string | null;
}

/** How long a start waits for a store that is down before it takes the copy. */
const START_WAIT_MS = 5_000;
/** A connection whose other end is gone without a word may never answer; the next read takes another one. */
const READ_DEADLINE_MS = 10_000;

export function createPolicyClient(
  deps: PolicyClientDeps,
  options: { readonly projectId: string; readonly copyPath: string; readonly readDeadlineMs?: number },
): PolicyClient {
  const { readDeadlineMs = READ_DEADLINE_MS } = options;
  const { copy = fileCopy(options.copyPath) } = deps;
  const outage = createOutageLog(deps.log, 'policies cannot be refreshed; those held stay in force');
  let active: ActivePolicies | null = null;
  let status: PolicyStatus = { source: 'none', appliedAtMs: null, confirmedAtMs: null, lastError: null };
  let appliedText = '';
  /** A disk that did not take the copy is asked again with every reading: else the copy would stay behind. */
  let copiedText = '';
  let reading: Promise<void> | null = null;
  let isStale = false;

  const apply = async (next: ActivePolicies, source: 'store' | 'copy'): Promise<void> => {
    if (active !== null && next.epoch < active.epoch) {
      throw new Error(`the store offers epoch ${next.epoch}, older than ${active.epoch}, which stays in force`);
    }
    const text = JSON.stringify(next);
    const appliedAtMs = text === appliedText ? status.appliedAtMs : deps.now();
    active = next;
    status = { ...status, source, appliedAtMs, lastError: null };
    if (text !== appliedText) {
      appliedText = text;
      deps.onApplied?.(next);
      deps.log.info({ epoch: next.epoch, policy: `v${next.stable.number}`, source }, 'policies applied');
    }
    if (source === 'store' && text !== copiedText) await copy.write(text);
    copiedText = text;
  };
  const read = async (): Promise<void> => {
    try {
      const next = await withDeadline(deps.read(), readDeadlineMs, 'reading the policies');
      if (next === null) throw new Error(`project ${options.projectId} has no active policy yet`);
      await apply(next, 'store');
      status = { ...status, confirmedAtMs: deps.now() };
      outage.worked();
    } catch (error) {
      const lastError = error instanceof Error ? error.message : String(error);
      outage.failed(error);
      status = { ...status, lastError };
    }
  };
  const refresh = (): Promise<void> => {
    // A request that comes while the store is being read may be about a change that this reading misses.
    isStale = reading !== null;
    reading ??= (async () => {
      do {
        isStale = false;
        await read();
      } while (isStale);
      reading = null;
    })();
    return reading;
  };
  return {
    async start() {
      await Promise.race([refresh(), elapsed(START_WAIT_MS)]);
      if (active !== null) return;
      const copied = await readCopy(copy, options.projectId);
      if (active !== null) return;
      if (copied === null) {
        const message = `no policy to route by: ${status.lastError ?? 'the database does not answer'}, and this gateway has no copy of an earlier run; add routes: to trimtab.yaml and import it: \`trimtab migrate\` does, and \`trimtab up\` at its start`;
        throw new TrimtabError('not_configured', message);
      }
      await apply(copied, 'copy');
      deps.log.warn({ epoch: copied.epoch }, 'the database does not answer; routing by the copy of an earlier run');
    },
    current() {
      if (active === null) throw new TrimtabError('not_configured', 'the gateway has no policy yet');
      return active;
    },
    refresh,
    status: () => status,
  };
}

function fileCopy(path: string): PolicyCopy {
  return {
    read: () => readFile(path, 'utf8').catch(() => null),
    write: (text) => writeFileDurably(path, text),
  };
}

async function readCopy(copy: PolicyCopy, projectId: string): Promise<ActivePolicies | null> {
  try {
    const copied = activePoliciesSchema.parse(JSON.parse((await copy.read()) ?? ''));
    return copied.projectId === projectId ? copied : null;
  } catch {
    return null;
  }
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
