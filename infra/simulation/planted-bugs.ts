import { basename, dirname } from 'node:path';
import type { SpoolSink } from '#shared/spool/spool.ts';
import type { SpoolBatch } from '#shared/spool/spool-reader.ts';
import { type MakePolicyClient, simulatePolicies } from './simulate-policies.ts';
import { type SimulationOutcome, simulateSpool } from './simulate-spool.ts';
import type { SpoolParts } from './spool-world.ts';

/** Mistakes that a change could make, each put around the real code, for the simulation to find. */
export const PLANTED_BUGS: Readonly<Record<string, (seed: number) => Promise<SimulationOutcome>>> = {
  'acknowledge before store': inSpool({ sink: acknowledgeFirst }),
  'checkpoint early': inSpool({ sink: acknowledgeTheNextOneToo }),
  'marker skipped': inSpool({ isMarked: (schedule) => !schedule.chance(0.3) }),
  'batch neighbour dropped': inSpool({
    callStore: (store, { refused }) => ({
      async store(records, within) {
        const hasPoison = records.some(({ call }) => refused.has(call.callId));
        // Of a refused batch of several only the first half is stored.
        if (!hasPoison || records.length === 1) return await store.store(records, within);
        const takeable = records.filter(({ call }) => !refused.has(call.callId));
        return await store.store(takeable.slice(0, Math.ceil(takeable.length / 2)), within);
      },
    }),
  }),
  'double drain': inSpool({ drainers: 2 }),
  'segment deleted early': inSpool({
    files: (files) => ({
      ...files,
      async createAppend(path) {
        const opened = await files.createAppend(path);
        const older = (await files.list(dirname(path))).filter(
          (name) => name.endsWith('.segment') && name < basename(path),
        );
        if (path.endsWith('.segment')) for (const name of older) await files.remove(`${dirname(path)}/${name}`);
        return opened;
      },
    }),
  }),
  'lower epoch accepted': inPolicies((_deps, create) => forgetful(create)),
  'stale disk copy preferred': inPolicies((deps, create) => {
    const { read } = deps;
    let isFirst = true;
    // As if the store had not answered the first time: the copy then decides how the gateway starts.
    Object.assign(deps, {
      read: async () => {
        if (isFirst && (await deps.copy?.read()) !== null) {
          isFirst = false;
          throw new Error('not asked');
        }
        return await read();
      },
    });
    return create();
  }),
};

function inSpool(parts: SpoolParts): (seed: number) => Promise<SimulationOutcome> {
  return (seed) => simulateSpool(seed, parts);
}

function inPolicies(make: MakePolicyClient): (seed: number) => Promise<SimulationOutcome> {
  return (seed) => simulatePolicies(seed, make);
}

/** Everything of a sink as it is, but for some of it. */
function around(sink: SpoolSink, changed: Partial<SpoolSink>): SpoolSink {
  return {
    ...{ spoolId: sink.spoolId, gatewayId: sink.gatewayId },
    totals: () => sink.totals(),
    bytes: () => sink.bytes(),
    pendingRecords: () => sink.pendingRecords(),
    isPressed: () => sink.isPressed(),
    nextBatch: () => sink.nextBatch(),
    acknowledge: (batch) => sink.acknowledge(batch),
    quarantine: (name, body) => sink.quarantine(name, body),
    onDurable: (listener) => sink.onDurable(listener),
    ...changed,
  };
}

function acknowledgeFirst(sink: SpoolSink): SpoolSink {
  return around(sink, {
    async nextBatch() {
      const batch = await sink.nextBatch();
      if (batch !== null) await sink.acknowledge(batch);
      return batch;
    },
    acknowledge: async () => {},
  });
}

function acknowledgeTheNextOneToo(sink: SpoolSink): SpoolSink {
  return around(sink, {
    async acknowledge(batch: SpoolBatch) {
      await sink.acknowledge(batch);
      const next = await sink.nextBatch();
      if (next !== null) await sink.acknowledge(next);
    },
  });
}

/** Begins anew with every refresh, so that it has nothing to compare an epoch with. */
function forgetful(create: () => ReturnType<MakePolicyClient>): ReturnType<MakePolicyClient> {
  let client = create();
  return {
    start: () => client.start(),
    current: () => client.current(),
    async refresh() {
      const next = create();
      await next.refresh();
      if (next.status().source !== 'none') client = next;
    },
    status: () => client.status(),
  };
}
