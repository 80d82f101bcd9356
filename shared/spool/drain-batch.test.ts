import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { CallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { DrainBatch } from './drain-batch.ts';
import type { Frame } from './frame.ts';
import { compressPayload, encodeRecord } from './record-payload.ts';
import type { SpoolSink } from './spool.ts';

const REQUEST = JSON.stringify({
  model: 'any',
  max_tokens: 1,
  messages: [{ role: 'user', content: 'x'.repeat(90_000) }],
});

/** A record of a filling spool: packed, as the writer packs it. */
function packedFrame(sequence: number): Frame {
  const { call } = sampleCallRecord();
  const request = { bytes: Buffer.from(REQUEST), clientFormat: 'anthropic-messages' };
  const body = compressPayload(encodeRecord({ call, request, response: null, upstreamRaw: null }));
  return { type: 'record', sequence, callId: call.callId, projectId: call.projectId, body };
}

function requestLength(record: CallRecord | OfferedCall): number {
  if (record.request === null || !('bytes' in record.request)) throw new Error('a record without bytes');
  return (record.request as { readonly bytes: Uint8Array }).bytes.length;
}

/** Delivers frames into a store that makes them ready or does not; says how long requests were at each step. */
async function deliver(frames: readonly Frame[], canPrepare: boolean) {
  const [prepared, stored]: [number[], number[]] = [[], []];
  const callStore: CallStore = {
    async prepare(record) {
      prepared.push(requestLength(record));
      return canPrepare;
    },
    async store(records) {
      stored.push(...records.map(requestLength));
      return records.map(({ call }) => ({ ...call, parentCallId: null, isNew: true }));
    },
  };
  const log = pino({ level: 'silent' });
  const queue = { addBulk: async () => {} };
  const parts = { spool: {} as SpoolSink, database: {} as Database, queue, callStore, log };
  const batch = { frames, records: frames, isCounted: true, dropProjects: [], segment: 1, offset: 1 };
  await new DrainBatch(parts).deliver(batch);
  return { prepared, stored };
}

describe('a batch of a filling spool', () => {
  it('keeps nothing of what its records were unpacked to, once the store has what it needs', async () => {
    const { prepared, stored } = await deliver([packedFrame(1), packedFrame(2)], true);
    expect(prepared).toEqual([REQUEST.length, REQUEST.length]);
    expect(stored).toEqual([0, 0]);
  });

  it('keeps the content of a record of which the store could make nothing yet', async () => {
    const { stored } = await deliver([packedFrame(1), packedFrame(2)], false);
    expect(stored).toEqual([REQUEST.length, REQUEST.length]);
  });
});
