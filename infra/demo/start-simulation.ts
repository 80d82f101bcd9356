import { startFakeJudge } from '#shared/testing/fake-judge.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import { createScenarioScript, type FakeScenario } from '#shared/testing/fake-scenario.ts';
import type { DemoAddresses } from './demo-config.ts';
import type { DemoScenario } from './demo-scenario.ts';

export interface Simulation {
  readonly addresses: DemoAddresses;
  /** Turns a switch of the scripts on: the providers change under the system. */
  turnOn(name: string): void;
  close(): Promise<void>;
}

/** Scripted providers, judge and teacher on real sockets of this machine. */
export async function startSimulation(scenario: DemoScenario): Promise<Simulation> {
  const swift = await startProvider(scenario.swift);
  const grand = await startProvider(scenario.grand);
  const judge = await startFakeJudge();
  return {
    addresses: { swift: swift.provider.baseUrl, grand: grand.provider.baseUrl, judge: judge.baseUrl },
    turnOn(name) {
      swift.setSwitch(name, true);
      grand.setSwitch(name, true);
    },
    async close() {
      await Promise.all([swift.provider.close(), grand.provider.close(), judge.close()]);
    },
  };
}

async function startProvider(
  scenario: FakeScenario,
): Promise<{ readonly provider: FakeProvider; setSwitch(name: string, on: boolean): void }> {
  const { script, setSwitch } = createScenarioScript(scenario);
  const { format, strict, refusedParameters } = scenario;
  return { provider: await createFakeProvider({ format, script, strict, refusedParameters }), setSwitch };
}
