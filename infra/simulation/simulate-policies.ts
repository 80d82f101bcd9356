import { type ActivePolicies, activePoliciesSchema } from '#shared/domain/active-policies.ts';
import { createLog } from '#shared/log.ts';
import { createPolicyClient, type PolicyClient, type PolicyClientDeps } from '../../services/gateway/policy-client.ts';
import { createSeededRandom } from '../arena/seeded-random.ts';
import type { SimulationOutcome } from './simulate-spool.ts';
import { PolicyMachine } from './testing/policy-machine.ts';
import { type Life, Schedule } from './testing/schedule.ts';
import { installVirtualTimers } from './testing/virtual-timers.ts';

/** What a planted bug puts in the place of the real client. */
export type MakePolicyClient = (deps: PolicyClientDeps, create: () => PolicyClient) => PolicyClient;

const POLL_MS = 5_000;
const DISTURBED_MS = 60_000;
const EVENT_MS = 400;
/** Two polls, and what a slow store takes. */
const SETTLE_MS = 4 * POLL_MS;
const log = createLog('simulation', 'silent');
const OPTIONS = { projectId: 'shop', copyPath: '' };

/** A gateway's policies from a seed: pointers move, notifications are lost and doubled, replicas lag, it is killed. */
export async function simulatePolicies(
  seed: number,
  make: MakePolicyClient = (_deps, create) => create(),
): Promise<SimulationOutcome> {
  const schedule = new Schedule(createSeededRandom(seed).uniform);
  let life: Life = { isOver: false };
  const uninstall = installVirtualTimers(schedule, () => life);
  const machine = new PolicyMachine(schedule);
  const violations = new Set<string>();
  let crashes = 0;
  let client: PolicyClient | null = null;

  const boot = async (own: Life): Promise<void> => {
    let highest = 0;
    const onApplied = ({ epoch }: ActivePolicies) => {
      if (epoch < highest) violations.add(`epoch ${epoch} was applied after ${highest}`);
      highest = Math.max(highest, epoch);
    };
    const copy = machine.copyFor(own);
    const deps: PolicyClientDeps = { read: machine.readerFor(own), log, now: () => schedule.nowMs, onApplied, copy };
    const made = make(deps, () => createPolicyClient(deps, OPTIONS));
    const epochAtStart = machine.epoch;
    const troubleBefore = machine.troubles;
    await made.start().catch(() => {});
    if (own.isOver) return;
    client = made;
    const isStarted = made.status().source !== 'none';
    const wasWell = machine.troubles === troubleBefore;
    if (wasWell && (!isStarted || made.current().epoch < epochAtStart)) {
      violations.add('a start with a healthy store did not take the policies of the store');
    }
    poll(made, own);
  };
  const poll = (made: PolicyClient, own: Life): void => {
    void schedule.turn(own, POLL_MS).then(async () => {
      await made.refresh();
      poll(made, own);
    });
  };
  const restart = (): void => {
    crashes += 1;
    life.isOver = true;
    life = { isOver: false };
    client = null;
    void boot(life);
  };

  try {
    void boot(life);
    await disturb(schedule, machine, { notify: () => void client?.refresh(), restart });
    machine.heal();
    const until = schedule.nowMs + SETTLE_MS;
    while (schedule.nowMs < until && (await schedule.step()));
    for (const what of endOf(client, machine)) violations.add(what);
    return { seed, steps: schedule.steps, crashes, violations: [...violations] };
  } finally {
    uninstall();
  }
}

async function disturb(
  schedule: Schedule,
  machine: PolicyMachine,
  happen: { readonly notify: () => void; readonly restart: () => void },
): Promise<void> {
  while (schedule.nowMs < DISTURBED_MS) {
    await passTime(schedule, 1 + schedule.below(EVENT_MS));
    if (schedule.chance(0.06)) {
      machine.publish();
      // Lost, heard, or heard twice.
      for (let heard = schedule.below(3); heard > 0; heard -= 1) happen.notify();
    } else if (schedule.chance(0.01)) happen.restart();
    else if (schedule.chance(0.02)) machine.isDown = !machine.isDown;
  }
}

/** Whatever else is due meanwhile happens. */
async function passTime(schedule: Schedule, milliseconds: number): Promise<void> {
  let isOver = false;
  void schedule.turn({ isOver: false }, milliseconds).then(() => {
    isOver = true;
  });
  while (!isOver && (await schedule.step()));
}

/** After the faults: the gateway, and the copy it would start from, are where the store is. */
function endOf(client: PolicyClient | null, machine: PolicyMachine): readonly string[] {
  const copied = activePoliciesSchema.safeParse(JSON.parse(machine.copyText ?? 'null')).data;
  const held = client === null || client.status().source === 'none' ? null : client.current().epoch;
  return [
    ...(held === machine.epoch ? [] : [`the gateway holds epoch ${held}, and the store ${machine.epoch}`]),
    ...(copied?.epoch === machine.epoch
      ? []
      : [`the copy holds epoch ${copied?.epoch}, and the store ${machine.epoch}`]),
  ];
}
