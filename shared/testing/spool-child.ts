import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { createDatabase, createPool } from '../database/connect.ts';
import { uuidV7 } from '../domain/call-id.ts';
import { createDrainer } from '../spool/drainer.ts';
import { openSpool } from '../spool/open-spool.ts';
import { sampleCallRecord } from './sample-call-record.ts';

/**
 * A process that a test kills: it serves calls through a spool and drains them, until it is killed. It says on standard
 * output `begun ID` when a begin marker is durable and `durable ID` when a record is.
 */
const [directory = '', connectionString = ''] = process.argv.slice(2);
const CALLS_AT_ONCE = 8;
const CALLS_OF_A_SESSION = 5;

const log = pino({ level: 'silent' });
const spool = await openSpool(
  { directory, gatewayId: 'killed', log, clock: Date.now },
  { segmentBytesMax: 64 * 1_024 },
);
const database = createDatabase(createPool({ connectionString, role: 'gateway' }));
createDrainer({ spool, database, queue: { addBulk: async () => {} }, log }).start();

const say = (word: string, callId: string) => process.stdout.write(`${word} ${callId}\n`);

async function serveForEver(lane: number): Promise<never> {
  for (let served = 0; ; served += 1) {
    const startedAt = Date.now();
    const callId = uuidV7(startedAt, randomBytes(10));
    spool.begin(callId, 'default');
    await spool.flush();
    say('begun', callId);
    await delay(Math.random() * 10);
    const sessionId = `${process.pid}-${lane}-${Math.floor(served / CALLS_OF_A_SESSION)}`;
    const upstreamRaw = randomBytes(Math.floor(Math.random() * 4_000)).toString('base64');
    spool.offer(sampleCallRecord({ call: { callId, startedAt, sessionId }, content: { upstreamRaw } }));
    await spool.flush();
    say('durable', callId);
  }
}

await Promise.all(Array.from({ length: CALLS_AT_ONCE }, (_value, lane) => serveForEver(lane)));
