import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '#shared/database/audit-log.ts';
import { createLog } from '#shared/log.ts';
import { createAuditQueue } from './audit-queue.ts';

const ENTRY: AuditEntry = {
  projectId: 'default',
  action: 'call.refused',
  actor: 'gateway:1',
  subject: 'gpt-9',
  reason: 'model is not on the allow-list',
  details: {},
};

function queueWith(options: { failures?: number } = {}) {
  const written: AuditEntry[] = [];
  const time = { now: 0 };
  let failures = options.failures ?? 0;
  const write = async (entry: AuditEntry): Promise<void> => {
    failures -= 1;
    if (failures >= 0) throw new Error('down');
    written.push(entry);
  };
  return { written, time, queue: createAuditQueue({ write, now: () => time.now, log: createLog('test', 'silent') }) };
}

describe('createAuditQueue', () => {
  it('writes the first of a kind at once, and the others of a minute as one', async () => {
    const { queue, written, time } = queueWith();
    for (let index = 0; index < 5; index += 1) queue.add('a', ENTRY);
    await queue.flush();
    expect(written).toEqual([ENTRY]);
    time.now = 60_000;
    await queue.flush();
    expect(written).toEqual([ENTRY, { ...ENTRY, details: { count: 4 } }]);
  });

  it('keeps events while the store is down, in their order', async () => {
    const { queue, written } = queueWith({ failures: 1 });
    queue.add('a', ENTRY);
    queue.add('b', { ...ENTRY, subject: 'second' });
    await queue.flush();
    await queue.flush();
    expect(written.map(({ subject }) => subject)).toEqual(['gpt-9', 'second']);
  });

  it('drops and counts what exceeds its room', async () => {
    const { queue } = queueWith({ failures: 10_000 });
    for (let index = 0; index < 1_500; index += 1) queue.add(`key ${index}`, ENTRY);
    expect(queue.dropped).toBe(500);
  });

  it('writes pending counts when it closes', async () => {
    const { queue, written } = queueWith();
    queue.add('a', ENTRY);
    queue.add('a', ENTRY);
    await queue.close();
    expect(written).toHaveLength(2);
  });
});
