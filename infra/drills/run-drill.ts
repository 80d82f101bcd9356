import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createFakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript } from '#shared/testing/fake-scenario.ts';
import { startDrillTraffic } from '../demo/drill-traffic.ts';
import type { DemoSystem } from '../demo/run-demo.ts';
import { drillConfig } from './drill-config.ts';
import { DRILL_STEPS, type DrillEvent, type DrillStep } from './drill-event.ts';
import { type DrillScenario, STEADY_PROVIDER } from './drill-scenario.ts';
import { lookAtSystem, type SystemView } from './look-at-system.ts';

export interface DrillDeps {
  /** Starts the very system that `trimtab up` starts, on the given configuration and data folder. */
  readonly startSystem: (place: { readonly dataDir: string; readonly configPath: string }) => Promise<DemoSystem>;
  readonly onEvent: (event: DrillEvent) => void;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface DrillResult {
  readonly name: string;
  readonly seconds: number;
  readonly sessions: number;
  /** When each step was seen, in seconds after the fault began; the last one after it ended. */
  readonly steps: Readonly<Partial<Record<DrillStep, number>>>;
  /** Steps that did not come in time; empty means that the drill was passed. */
  readonly missing: readonly DrillStep[];
}

/** What goes wrong, and the model that is served by it. */
const PROVIDER = 'swift';
const OFFENDER = 'swift-2';
const LOOK_MS = 500;
/** Sessions before the fault: both cells have to be armed and proven. */
const WARM_UP_SESSIONS = 100;
/** Per phase. */
const DEADLINE_MS = 180_000;
const RUN_EVERY_MS = 5_000;
/** A cut is a cut when so much of the weight is gone, and a recovery when so much of it is back. */
const CUT_SHARE = 0.5;
const BACK_SHARE = 0.8;

/** Plays one drill against a real system and reports what its control plane says happened. */
export async function runDrill(
  deps: DrillDeps,
  options: { readonly scenario: DrillScenario; readonly dataDir: string },
): Promise<DrillResult> {
  const { scenario, dataDir } = options;
  const swiftScript = createScenarioScript(scenario.swift);
  const swift = await createFakeProvider({ format: 'openai-chat', script: swiftScript.script });
  const grandScript = createScenarioScript(STEADY_PROVIDER);
  const grand = await createFakeProvider({ format: 'anthropic-messages', script: grandScript.script });
  const configPath = writeConfig(dataDir, { swift: swift.baseUrl, grand: grand.baseUrl });
  placeScorers(dataDir, scenario);
  let system: DemoSystem | undefined;
  let traffic: ReturnType<typeof startDrillTraffic> | undefined;
  try {
    system = await deps.startSystem({ dataDir, configPath });
    traffic = startDrillTraffic(system.gatewayUrl);
    const view = lookAtSystem(system.controlUrl, system.token);
    return await play(deps, scenario, view, traffic, (on) => swiftScript.setSwitch('fault', on));
  } finally {
    await traffic?.stop();
    await system?.stop();
    await Promise.all([swift.close(), grand.close()]);
  }
}

interface Play {
  readonly deps: DrillDeps;
  readonly view: SystemView;
  readonly steps: Partial<Record<DrillStep, number>>;
  readonly tell: (type: DrillEvent['type'], text: string, details?: DrillEvent['details']) => void;
  readonly reached: (step: DrillStep, since: number, text: string, details?: DrillEvent['details']) => void;
}

async function play(
  deps: DrillDeps,
  scenario: DrillScenario,
  view: SystemView,
  traffic: { sessions(): number },
  setFault: (on: boolean) => void,
): Promise<DrillResult> {
  const startedAt = deps.now();
  const steps: Partial<Record<DrillStep, number>> = {};
  const tell: Play['tell'] = (type, text, details) =>
    deps.onEvent({ type, elapsedMs: deps.now() - startedAt, text, ...(details === undefined ? {} : { details }) });
  const reached: Play['reached'] = (step, since, text, details) => {
    steps[step] = (deps.now() - since) / 1_000;
    tell(step, text, details);
  };
  const drill: Play = { deps, view, steps, tell, reached };
  tell('start', scenario.title);
  tell('warming_up', `agents work through both providers; the fault begins after ${WARM_UP_SESSIONS} sessions or so`);
  await until(deps, async () => traffic.sessions() >= WARM_UP_SESSIONS && (await view.alarms()).watching >= 2);
  const before = await view.weightOf(OFFENDER);
  tell('watching', `${OFFENDER} serves ${percent(before)} of the agents' sessions; its quality is watched`);

  const known = new Set((await view.clusters()).map(({ clusterId }) => clusterId));
  setFault(true);
  tell('fault_on', `provider ${PROVIDER} begins: ${scenario.name}`);
  await watchFall(drill, before, known);

  setFault(false);
  tell('fault_off', `provider ${PROVIDER} is as before`);
  if (steps.weight_cut !== undefined) await watchRecovery(drill, before);
  const missing = DRILL_STEPS.filter((step) => steps[step] === undefined);
  if (missing.length === 0) tell('end', 'passed');
  else tell('end', `not seen: ${missing.join(', ')}`, { plan: await view.plan() });
  const seconds = (deps.now() - startedAt) / 1_000;
  return { name: scenario.name, seconds, sessions: traffic.sessions(), steps, missing };
}

/** From the fault until the model of the provider has lost its weight; an alarm for another model is no such drop. */
async function watchFall({ deps, view, steps, reached }: Play, before: number, known: ReadonlySet<string>) {
  const faultAt = deps.now();
  await until(deps, async () => {
    const raised = await view.raised();
    const [alarm] = raised;
    const isScoped = raised.every(({ model }) => model === OFFENDER);
    if (steps.drop === undefined && alarm !== undefined && isScoped) {
      const providers = await view.qualityByProvider(deps.now() - faultAt);
      const shown = providers.map(
        ({ provider, quality, sessions }) => `${provider} ${quality.toFixed(2)} (n ${sessions})`,
      );
      const text = `${alarm.reason}; quality since the fault: ${shown.join(', ')}`;
      reached('drop', faultAt, text, { model: alarm.model, provider: PROVIDER, providers });
    }
    const fresh = (await view.clusters()).find(({ clusterId }) => !known.has(clusterId));
    if (steps.cluster === undefined && fresh !== undefined) reached('cluster', faultAt, fresh.title, { ...fresh });
    const weight = await view.weightOf(OFFENDER);
    if (steps.weight_cut === undefined && weight <= before * CUT_SHARE) {
      const move = (await view.moves()).at(-1);
      reached('weight_cut', faultAt, `${percent(before)} -> ${percent(weight)}: ${move?.reason}`, { ...move });
    }
    return steps.drop !== undefined && steps.cluster !== undefined && steps.weight_cut !== undefined;
  });
}

/** From the end of the fault until the model has its weight back, with every move on the way. */
async function watchRecovery({ deps, view, tell, reached }: Play, before: number): Promise<void> {
  const mendedAt = deps.now();
  let askedAt = Number.NEGATIVE_INFINITY;
  let told = (await view.moves()).at(-1)?.sequence ?? 0;
  await until(deps, async () => {
    if (deps.now() - askedAt >= RUN_EVERY_MS) {
      askedAt = deps.now();
      await view.askForRun();
    }
    const moves = await view.moves();
    for (const move of moves.filter(({ sequence }) => sequence > told)) {
      told = move.sequence;
      tell('move', `${move.action}: ${move.reason}`, { ...move });
    }
    const weight = await view.weightOf(OFFENDER);
    if (weight < before * BACK_SHARE) return false;
    reached('recovery', mendedAt, `${OFFENDER} is back at ${percent(weight)}`, { ...moves.at(-1) });
    return true;
  });
}

/** Looks until the condition holds, the phase is over or the drill is called off. */
async function until(deps: DrillDeps, condition: () => Promise<boolean>): Promise<void> {
  const deadline = deps.now() + DEADLINE_MS;
  while (!deps.signal.aborted && deps.now() < deadline && !(await condition())) {
    await delay(LOOK_MS, undefined, { signal: deps.signal }).catch(() => {});
  }
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Every drill is a project of its own, so that a second one in the same folder starts with a clean history. */
function writeConfig(dataDir: string, addresses: { readonly swift: string; readonly grand: string }): string {
  mkdirSync(dataDir, { recursive: true });
  const counter = join(dataDir, 'drill-runs');
  const runs = readCount(counter) + 1;
  writeFileSync(counter, String(runs));
  const configPath = join(dataDir, 'trimtab.yaml');
  writeFileSync(configPath, drillConfig(`drill-${runs}`, addresses));
  return configPath;
}

/** Those of another drill in the same folder go. */
function placeScorers(dataDir: string, { scorers }: DrillScenario): void {
  const folder = join(dataDir, 'scorers.d');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const scorer of scorers) copyFileSync(scorer, join(folder, basename(scorer.pathname)));
}

function readCount(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
