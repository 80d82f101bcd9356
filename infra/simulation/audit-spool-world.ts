import type { SpoolWorld } from './spool-world.ts';

/** What must hold when a simulated world has come to rest; a sentence for each thing that does not. */
export function auditSpoolWorld(world: SpoolWorld): readonly string[] {
  const { calls, store } = world;
  const { tables, jobs, refused } = store;
  const stored = new Set(tables.calls.keys());
  const letters = new Set(tables.letters.values());
  const isKept = (callId: string) => stored.has(callId) || letters.has(callId);
  const unkept = calls.filter(({ callId }) => !isKept(callId));
  const counter = (name: string) =>
    [...tables.counters].reduce((sum, [key, value]) => (key.endsWith(` ${name}`) ? sum + value : sum), 0);
  const [answered, dropped, lost] = [counter('answered'), counter('dropped'), counter('lost_before_durable')];
  const marked = unkept.filter(({ isMarkerDurable }) => isMarkerDurable).length;
  const repeated = jobs.length - new Set(jobs).size;
  const isUndisturbed = world.isUndisturbed();
  const found: readonly (readonly [boolean, string])[] = [
    [
      unkept.some(({ isRecordDurable }) => isRecordDurable),
      'a durable call is neither stored nor among the dead letters',
    ],
    [
      calls.some(({ callId, answer }) => (tables.calls.get(callId) ?? answer) !== answer),
      'a call was stored with another answer',
    ],
    [[...letters].some((callId) => !refused.has(callId)), 'a call was set aside that the store would have taken'],
    [tables.letters.size !== letters.size, 'a call was set aside twice'],
    [counter('stored') !== stored.size, `${counter('stored')} calls are counted as stored, and ${stored.size} are`],
    [
      answered !== stored.size + letters.size + dropped + lost,
      `${answered} answered are not ${stored.size} stored, ${letters.size} set aside, ${dropped} dropped, ${lost} lost`,
    ],
    // Without any crash calls are left in flight.
    [
      world.crashes > 0 && marked > dropped + lost,
      `${marked} calls with a marker are gone, ${dropped} dropped and ${lost} lost are counted`,
    ],
    [
      dropped + lost > unkept.length,
      `${dropped} dropped and ${lost} lost are counted, ${unkept.length} calls are gone`,
    ],
    [[...stored].some((callId) => !jobs.includes(`${callId}-call`)), 'a stored call was never enqueued'],
    [isUndisturbed && repeated > 0, `${repeated} jobs were repeated though nothing had failed`],
  ];
  return found.flatMap(([isBroken, what]) => (isBroken ? [what] : []));
}
