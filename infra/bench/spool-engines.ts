import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLog } from '#shared/log.ts';
import { encodeFrame, type Frame } from '#shared/spool/frame.ts';
import { nodeSpoolFiles } from '#shared/spool/node-spool-files.ts';
import { SegmentCatalogue } from '#shared/spool/segment-catalogue.ts';
import { SegmentLog } from '#shared/spool/segment-log.ts';
import { SEGMENT_BYTES_MAX } from '#shared/spool/spool-limits.ts';

const HELP = `Compare two ways to make groups of records durable: the segment log, and node:sqlite (WAL, synchronous=FULL).

  node infra/bench/spool-engines.ts

Both write the same groups in turn, group by group, so that what else the machine does is shared. Records are taken out
again by neither.`;

const GROUPS = 150;
const RECORDS_OF_A_GROUP = 4;
const PROJECT_ID = 'default';

interface Engine {
  commit(frames: readonly Frame[]): Promise<void>;
  close(): Promise<void>;
}

interface Totals {
  wallMs: number;
  processorMs: number;
  writtenBytes: number;
}

function openSqlite(directory: string): Engine {
  const database = new DatabaseSync(join(directory, 'spool.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE frame (sequence INTEGER PRIMARY KEY, type TEXT, call_id TEXT, project TEXT, body BLOB)');
  const insert = database.prepare('INSERT INTO frame VALUES (?, ?, ?, ?, ?)');
  return {
    async commit(frames) {
      database.exec('BEGIN');
      for (const { sequence, type, callId, projectId, body } of frames) {
        insert.run(sequence, type, callId, projectId, body);
      }
      database.exec('COMMIT');
    },
    close: async () => database.close(),
  };
}

function openSegments(directory: string): Engine {
  const log = createLog('bench', 'warn');
  const deps = { files: nodeSpoolFiles, log, catalogue: new SegmentCatalogue() };
  const segments = new SegmentLog(deps, { directory, firstNumber: 1, segmentBytesMax: SEGMENT_BYTES_MAX });
  return { commit: (frames) => segments.append(frames.flatMap(encodeFrame)), close: () => segments.close() };
}

/** Bytes that this process has sent towards the disk (proc(5), `write_bytes`). */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);
}

async function measure(engine: Engine, frames: readonly Frame[], totals: Totals): Promise<void> {
  const processor = process.cpuUsage();
  const written = writtenBytes();
  const startedAt = performance.now();
  await engine.commit(frames);
  totals.wallMs += performance.now() - startedAt;
  const used = process.cpuUsage(processor);
  totals.processorMs += (used.user + used.system) / 1_000;
  totals.writtenBytes += writtenBytes() - written;
}

async function compare(bodyBytes: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-bench-engines-'));
  const engines = { 'segment log': openSegments(directory), 'node:sqlite': openSqlite(directory) };
  const totals = Object.fromEntries(
    Object.keys(engines).map((name) => [name, { wallMs: 0, processorMs: 0, writtenBytes: 0 }]),
  );
  let sequence = 0;
  for (let group = 0; group < GROUPS; group += 1) {
    const frames = Array.from({ length: RECORDS_OF_A_GROUP }, (): Frame => {
      sequence += 1;
      const body = randomBytes(bodyBytes);
      return { type: 'record', sequence, callId: crypto.randomUUID(), projectId: PROJECT_ID, body };
    });
    for (const [name, engine] of Object.entries(engines)) await measure(engine, frames, totals[name] as Totals);
  }
  const records = GROUPS * RECORDS_OF_A_GROUP;
  for (const [name, { wallMs, processorMs, writtenBytes: bytes }] of Object.entries(totals)) {
    const figures = [
      `${((records / wallMs) * 1_000).toFixed(0)} records/s`,
      `${((processorMs / records) * 1_000).toFixed(0)} us of processor`,
      `${(bytes / records / bodyBytes).toFixed(2)} bytes written for one`,
    ];
    console.log(`${String(bodyBytes).padStart(7)} bytes  ${name.padEnd(12)} ${figures.join(', ')}`);
  }
  for (const engine of Object.values(engines)) await engine.close();
  rmSync(directory, { recursive: true, force: true });
}

if (process.argv.includes('--help')) console.log(HELP);
else for (const bodyBytes of [1_000, 20_000, 107_000]) await compare(bodyBytes);
