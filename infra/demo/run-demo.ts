import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ControlApi, createControlApi } from './control-api.ts';
import { demoConfig } from './demo-config.ts';
import type { DemoEvent } from './demo-event.ts';
import type { DemoScenario, DemoStep } from './demo-scenario.ts';
import type { DemoSummary } from './narrate.ts';
import { type Simulation, startSimulation } from './start-simulation.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { createLoopWatch, type LoopWatch } from './watch-loop.ts';

/** A running system, as the demo needs it: where it is and how to speak to its control plane. */
export interface DemoSystem {
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  readonly token: string;
  stop(): Promise<void>;
}

export interface DemoDeps {
  /** Starts the very system that `trimtab up` starts, on the given configuration and data folder. */
  readonly startSystem: (place: { readonly dataDir: string; readonly configPath: string }) => Promise<DemoSystem>;
  readonly onEvent: (event: DemoEvent) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface DemoOptions {
  readonly scenario: DemoScenario;
  /** Holds the demo's database; a second demo in the same folder is a new project in it. */
  readonly dataDir: string;
  readonly keep: boolean;
}

export interface DemoResult {
  readonly summary: DemoSummary;
  /** Expected steps that did not come; empty means that the demo showed what it promised. */
  readonly missing: readonly DemoStep[];
}

const LOOK_MS = 400;
/** A night's run would find many failures; the demo asks for its run when there are this many. */
const RIPE_SESSIONS = 20;
/** A run is asked for again when the last one came too early to propose anything. */
const RUN_AGAIN_MS = 8_000;
/** After the last call of the none-scenario, for sessions to close, be judged and be clustered. */
const SETTLE_MS = 8_000;

/** Plays a scenario against a real system and reports what its control API says happened. */
export async function runDemo(deps: DemoDeps, options: DemoOptions): Promise<DemoResult> {
  const simulation = await startSimulation(options.scenario);
  const { project, configPath } = writeConfig(options.dataDir, simulation);
  let system: DemoSystem | undefined;
  let traffic: Traffic | undefined;
  try {
    system = await deps.startSystem({ dataDir: options.dataDir, configPath });
    const startedAt = deps.now();
    const elapsedMs = () => deps.now() - startedAt;
    const api = createControlApi(system.controlUrl, system.token);
    const watch = await createLoopWatch(api, elapsedMs);
    traffic = startTraffic(system.gatewayUrl, 'demo');
    const { gatewayUrl, controlUrl } = system;
    const text = `${options.scenario.title} (project ${project})`;
    deps.onEvent({ type: 'start', elapsedMs: 0, text, details: { project, gatewayUrl, controlUrl } });
    const play = { deps, options, api, watch, simulation, traffic, elapsedMs };
    const seen = options.scenario.expect.length > 0 ? await playUntilExpected(play) : await playSessions(play);
    const result = summarise(seen, options.scenario, traffic.counts().sessions, elapsedMs());
    deps.onEvent({ type: 'end', elapsedMs: elapsedMs(), text: 'done', details: { ...result.summary } });
    if (options.keep) await untilAborted(deps.signal);
    return result;
  } finally {
    await traffic?.stop();
    await system?.stop();
    await simulation.close();
  }
}

interface Play {
  readonly deps: DemoDeps;
  readonly options: DemoOptions;
  readonly api: ControlApi;
  readonly watch: LoopWatch;
  readonly simulation: Simulation;
  readonly traffic: Traffic;
  readonly elapsedMs: () => number;
}

/** Looks until every expected step was seen or the deadline has passed; asks for a run once there is a cluster. */
async function playUntilExpected(play: Play): Promise<readonly DemoEvent[]> {
  const { deps, options, watch, elapsedMs, traffic, simulation } = play;
  const { expect, switches, deadlineSeconds } = options.scenario;
  const seen: DemoEvent[] = [];
  const pending = switches.map((each) => ({ ...each, dueAt: Number.POSITIVE_INFINITY, done: false }));
  let askedAt = Number.NEGATIVE_INFINITY;
  const has = (step: DemoStep) => seen.some((event) => event.type === step);
  while (!deps.signal.aborted && elapsedMs() < deadlineSeconds * 1_000 && !expect.every(has)) {
    for (const event of await watch.look()) {
      seen.push(event);
      deps.onEvent(event);
    }
    for (const change of pending) {
      if (change.dueAt === Number.POSITIVE_INFINITY && has(change.after)) {
        change.dueAt = traffic.counts().sessions + change.sessions;
      }
      if (change.done || traffic.counts().sessions < change.dueAt) continue;
      change.done = true;
      simulation.turnOn(change.name);
      deps.onEvent({ type: 'switch', elapsedMs: elapsedMs(), text: `the simulated provider begins "${change.name}"` });
    }
    const isRipe = has('cluster') && !has('proposal') && elapsedMs() - askedAt > RUN_AGAIN_MS;
    if (isRipe && (await play.api.clusters()).some((cluster) => cluster.sessionCount >= RIPE_SESSIONS)) {
      askedAt = elapsedMs();
      await play.api.requestRun('the demo does not wait for the night');
    }
    await delay(LOOK_MS, undefined, { signal: deps.signal }).catch(() => {});
  }
  return seen;
}

/** Runs a number of sessions, lets them settle, asks for a run, and counts what came of it. */
async function playSessions(play: Play): Promise<readonly DemoEvent[]> {
  const { deps, options, watch, traffic, api } = play;
  const seen: DemoEvent[] = [];
  const look = async (): Promise<void> => {
    for (const event of await watch.look()) {
      seen.push(event);
      deps.onEvent(event);
    }
    await delay(LOOK_MS, undefined, { signal: deps.signal }).catch(() => {});
  };
  while (!deps.signal.aborted && traffic.counts().sessions < options.scenario.sessions) await look();
  await traffic.stop();
  const settledAt = deps.now() + SETTLE_MS;
  while (!deps.signal.aborted && deps.now() < settledAt) await look();
  const { runId } = await api.requestRun('the demo does not wait for the night');
  const deadline = deps.now() + options.scenario.deadlineSeconds * 1_000;
  while (!deps.signal.aborted && deps.now() < deadline) {
    await look();
    const run = (await api.runs()).find((each) => each.runId === runId);
    if (run?.status === 'done' || run?.status === 'failed') break;
  }
  await look();
  return seen;
}

function summarise(
  seen: readonly DemoEvent[],
  scenario: DemoScenario,
  sessions: number,
  elapsedMs: number,
): DemoResult {
  const count = (...types: readonly DemoEvent['type'][]) => seen.filter((event) => types.includes(event.type)).length;
  const summary: DemoSummary = {
    sessions,
    seconds: elapsedMs / 1_000,
    clusters: count('cluster'),
    policyChanges: count('canary', 'promotion', 'activation', 'rollback', 'canary_rolled_back'),
    promotions: count('promotion'),
    rollbacks: count('rollback', 'canary_rolled_back'),
    alarms: count('alarm'),
  };
  return { summary, missing: scenario.expect.filter((step) => count(step) === 0) };
}

/** Every demo is a project of its own, so that a second one in the same folder starts with a clean history. */
function writeConfig(
  dataDir: string,
  simulation: Simulation,
): { readonly project: string; readonly configPath: string } {
  mkdirSync(dataDir, { recursive: true });
  const counter = join(dataDir, 'demo-runs');
  const project = `demo-${readCount(counter) + 1}`;
  writeFileSync(counter, project.replace('demo-', ''));
  const configPath = join(dataDir, 'trimtab.yaml');
  writeFileSync(configPath, demoConfig(project, simulation.addresses));
  return { project, configPath };
}

function readCount(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    return 0;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
