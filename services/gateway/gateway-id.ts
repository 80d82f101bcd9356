import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from './write-file-durably.ts';

const FORM = /^[0-9a-f-]{36}$/;

/** The id of the gateway that owns this folder, made at its first start and kept: its counters are stored under it. */
export async function readGatewayId(directory: string): Promise<string> {
  const path = join(directory, 'gateway-id');
  const known = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (FORM.test(known)) return known;
  const gatewayId = randomUUID();
  await writeFileDurably(path, `${gatewayId}\n`);
  return gatewayId;
}
