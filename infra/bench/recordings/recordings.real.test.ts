import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeRecording } from './judge-recording.ts';
import { readRecordings } from './read-recordings.ts';

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
if (dataFolder === undefined) console.warn('Recordings of providers are not played: TRIMTAB_REAL_DATA is not set.');
const recordings = dataFolder === undefined ? [] : readRecordings(join(dataFolder, 'provider-recordings'));

describe.skipIf(dataFolder === undefined)('recorded replies of providers', () => {
  test('were found, whole and streamed', () => {
    expect(recordings.filter(({ kind }) => kind === 'whole').length).toBeGreaterThan(20);
    expect(recordings.filter(({ kind }) => kind === 'stream').length).toBeGreaterThan(20);
  });

  test.each(recordings)('$name arrives whole, or as the failure that it is', async (recording) => {
    const { faults, shape } = await judgeRecording(recording);
    expect(faults).toEqual([]);
    expect(shape).not.toBeNull();
  });
});
