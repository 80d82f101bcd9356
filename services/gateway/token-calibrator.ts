import type { StoredCalibration } from '#shared/database/token-calibration-store.ts';
import {
  correctionFactor,
  mergeCalibrations,
  observeRatio,
  promptFactor,
  type TokenCalibration,
  typicalRatio,
  UNCALIBRATED,
} from '#shared/domain/token-calibration.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { countAnswerTokens, countMessageTokens, countTokens } from '#shared/formats/count-tokens.ts';
import { tokenFamilyOf } from '#shared/formats/tokens/token-family.ts';
import type { Log } from '#shared/log.ts';

/** A model at a provider: who counts. */
export interface Counter {
  readonly provider: string;
  readonly model: string;
}

/** A call whose upstream told what it counted. */
export interface CountedCall extends Counter {
  /** The same for all turns of one conversation. */
  readonly conversation: string;
  /** How many messages the request has. */
  readonly messages: number;
  /** The estimate by size, as it was before any correction. */
  readonly rawEstimate: number;
  /** All input, cached or not. */
  readonly inputTokens: number;
  /** Of what the answer shows: without hidden reasoning. */
  readonly outputTokens: number;
  /** Called after the answer is out, if at all. */
  readonly body: () => CanonicalBody | null;
  readonly answer: readonly unknown[];
}

export interface TokenCalibrator {
  /** Tokens for an estimate by size. */
  estimate(counter: Counter, rawEstimate: number): number;
  /** Tokens of a request, counted. */
  count(counter: Counter, body: CanonicalBody): number;
  /** The same, as little as it may well be: for refusing what is too long. */
  countAtLeast(counter: Counter, body: CanonicalBody): number;
  observe(call: CountedCall): void;
  /** Begins with what all gateways know. Never throws. */
  load(): Promise<void>;
  /** Keeps what is new. Never throws. */
  save(): Promise<void>;
}

interface CalibratorDeps {
  /** What this gateway learned itself goes before what others did. */
  readonly gatewayId: string;
  readonly read: () => Promise<readonly StoredCalibration[]>;
  readonly write: (calibrations: readonly Omit<StoredCalibration, 'gatewayId'>[]) => Promise<void>;
  /** Runs work when nothing urgent is left to do. */
  readonly later: (work: () => void) => void;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

interface Learned {
  readonly counter: Counter;
  calibration: TokenCalibration;
  /** Kept ready, because every call asks. */
  estimateFactor: number;
  isDirty: boolean;
  /** Calls that were seen since the start. */
  calls: number;
  countedAtMs: number;
  /** When somebody last asked for a count of this model, Unix milliseconds: who never asks has none to be corrected. */
  askedAtMs: number;
  /** A prompt that was counted, until the same session's next one shows by how much it grew. */
  previous: { readonly conversation: string; readonly messages: number; readonly inputTokens: number } | null;
}

/** Models that are kept in mind; a gateway has far fewer. */
const MODELS_MAX = 1_000;
/** Counting a long prompt takes milliseconds: once in this time for each model is enough to learn, and costs nothing. */
const COUNT_EVERY_MS = 20_000;
/** Counts are corrected for this long after somebody asked for one. */
const COUNTS_WANTED_MS = 3_600_000;
/** Then one in some tells the same, and the others need not wait for it. */
const CALLS_ALL_OBSERVED = 64;
const ESTIMATE_EVERY_CALLS = 8;
/** What a model that nothing is known of may count less than our generous count. */
const UNCALIBRATED_LEAST = 1 / 1.2;
/** A quick estimate was seen to be about a tenth below o200k on requests of coding agents; families have more tokens. */
const ESTIMATE_DEFAULT = 1.1;

/**
 * Learns from the usage that upstreams report how their counts differ from ours, per provider and model, and corrects
 * ours by it. Learning from estimates is immediate; prompts and answers are counted seldom, and after the answer.
 */
export function createTokenCalibrator(deps: CalibratorDeps): TokenCalibrator {
  const known = new Map<string, Learned>();
  const find = (counter: Counter): Learned => {
    const key = keyOf(counter);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = learnedOf({ provider: counter.provider, model: counter.model }, UNCALIBRATED);
    if (known.size < MODELS_MAX) known.set(key, made);
    return made;
  };
  return {
    estimate: (counter, raw) => Math.ceil(raw * find(counter).estimateFactor),
    count(counter, body) {
      const learned = find(counter);
      learned.askedAtMs = deps.now();
      return Math.ceil(countTokens(body, counter.model) * promptFactor(learned.calibration));
    },
    countAtLeast(counter, body) {
      find(counter).askedAtMs = deps.now();
      const ratio = typicalRatio(find(counter).calibration.prompt) ?? UNCALIBRATED_LEAST;
      return Math.floor(countTokens(body, counter.model) * ratio);
    },
    observe(call) {
      const learned = find(call);
      const { estimate } = learned.calibration;
      learned.calls += 1;
      if (learned.calls <= CALLS_ALL_OBSERVED || learned.calls % ESTIMATE_EVERY_CALLS === 0) {
        learn(learned, { estimate: observeRatio(estimate, call.inputTokens, call.rawEstimate) });
      }
      if (!isToBeCounted(learned, call, deps.now())) return;
      learned.countedAtMs = deps.now();
      deps.later(() => {
        try {
          observeCounts(learned, call);
        } catch (error) {
          deps.log.debug({ err: error }, 'a call could not be counted');
        }
      });
    },
    async load() {
      try {
        const rows = Map.groupBy(await deps.read(), keyOf);
        for (const stored of rows.values()) {
          const [first] = stored;
          if (first === undefined) continue;
          const own = stored.find(({ gatewayId }) => gatewayId === deps.gatewayId);
          const past = own?.calibration ?? mergeCalibrations(stored.map((row) => row.calibration));
          // Calls may have come before the store answered; what they taught is the newest.
          const learned = find(first);
          learn(learned, mergeCalibrations([past, learned.calibration]));
        }
      } catch (error) {
        deps.log.debug({ err: error }, 'what is known of token counts could not be read');
      }
    },
    async save() {
      const dirty = [...known.values()].filter(({ isDirty }) => isDirty);
      if (dirty.length === 0) return;
      for (const learned of dirty) learned.isDirty = false;
      const updatedAt = new Date(deps.now());
      try {
        await deps.write(dirty.map(({ counter, calibration }) => ({ ...counter, calibration, updatedAt })));
      } catch (error) {
        for (const learned of dirty) learned.isDirty = true;
        deps.log.debug({ err: error }, 'what was learned of token counts could not be kept');
      }
    },
  };
}

function keyOf({ provider, model }: Counter): string {
  // Every call asks twice, so no JSON; no name holds this character.
  return `${provider}\u0000${model}`;
}

function learnedOf(counter: Counter, calibration: TokenCalibration): Learned {
  return {
    ...{ counter, calibration, estimateFactor: estimateFactorOf(counter, calibration), isDirty: false },
    ...{ calls: 0, countedAtMs: Number.NEGATIVE_INFINITY, askedAtMs: Number.NEGATIVE_INFINITY, previous: null },
  };
}

function learn(learned: Learned, more: Partial<TokenCalibration>): void {
  learned.calibration = { ...learned.calibration, ...more };
  learned.isDirty = true;
  if (more.estimate !== undefined) learned.estimateFactor = estimateFactorOf(learned.counter, learned.calibration);
}

function estimateFactorOf({ model }: Counter, { estimate }: TokenCalibration): number {
  return correctionFactor(estimate, tokenFamilyOf(model).textFactor * ESTIMATE_DEFAULT);
}

/** Where counts are wanted: now and then, and when the turn after a counted one comes. */
function isToBeCounted({ countedAtMs, askedAtMs, previous }: Learned, call: CountedCall, nowMs: number): boolean {
  if (nowMs - askedAtMs > COUNTS_WANTED_MS) return false;
  const isNextTurn = previous?.conversation === call.conversation && call.messages > previous.messages;
  return isNextTurn || nowMs - countedAtMs >= COUNT_EVERY_MS;
}

function observeCounts(learned: Learned, call: CountedCall): void {
  const body = call.body();
  if (body === null) return;
  const { model } = call;
  const { prompt, growth, answer } = learned.calibration;
  const { previous } = learned;
  const isNextTurn = previous?.conversation === call.conversation && body.messages.length > previous.messages;
  learn(learned, {
    prompt: observeRatio(prompt, call.inputTokens, countTokens(body, model)),
    answer: observeRatio(answer, call.outputTokens, countAnswerTokens(call.answer, model)),
    growth: isNextTurn
      ? observeRatio(
          growth,
          call.inputTokens - previous.inputTokens,
          countMessageTokens(body.messages.slice(previous.messages), model),
        )
      : growth,
  });
  // One pair at a time: the turn that showed the growth is not the start of the next pair.
  const { inputTokens, conversation } = call;
  learned.previous = isNextTurn ? null : { conversation, messages: body.messages.length, inputTokens };
}
