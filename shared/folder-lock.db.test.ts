import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../infra/testing/temporary-folder.ts';
import { acquireFolderLock, type FolderLock } from './folder-lock.ts';
import { recordOf } from './process-identity.ts';

describe('acquireFolderLock', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    temporary = temporaryFolder();
    path = join(temporary.path, 'some.lock');
  });
  afterEach(() => temporary.remove());

  function acquire(): FolderLock {
    const outcome = acquireFolderLock(path);
    if (outcome.type === 'held') throw new Error(`held by ${outcome.pid}`);
    return outcome.lock;
  }

  it('is held by one at a time, and free again after release', () => {
    const lock = acquire();
    expect(acquireFolderLock(path)).toEqual({ type: 'held', pid: process.pid });
    lock.release();
    expect(readdirSync(temporary.path)).toEqual([]);
    acquire().release();
  });

  it('is free when the number of its holder belongs to another process now', () => {
    writeFileSync(
      path,
      JSON.stringify({ ...recordOf(process.pid), identity: 'started in another life', children: [] }),
    );
    acquire().release();
    expect(existsSync(path)).toBe(false);
  });

  it('is free when the file is torn', () => {
    writeFileSync(path, '{"pid": 1, "ident');
    acquire().release();
  });

  it('hands over only those children of a dead holder that still run', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const alive = { name: 'gateway', ...recordOf(child.pid ?? 0)! };
    const reused = { ...alive, name: 'evaluator', identity: 'started in another life' };
    writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'gone', children: [alive, reused] }));
    const lock = acquire();
    expect(lock.abandoned).toEqual([alive]);
    // A second kill before they are stopped must not lose them.
    expect(JSON.parse(readFileSync(path, 'utf8')).children).toEqual([alive]);
    lock.release();
    child.kill();
    await once(child, 'exit');
  });

  it('leaves the lock of a successor alone when released late', () => {
    const lock = acquire();
    writeFileSync(path, 'of somebody else');
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe('of somebody else');
  });
});
