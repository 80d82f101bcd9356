import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '#shared/free-port.ts';
import { createLog } from '#shared/log.ts';
import { type ChildService, startChildService } from './child-service.ts';
import { SUPERVISION_TIMING } from './supervision-timing.ts';
import { eventually } from './testing/eventually.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const SERVICE = `
import { createServer } from 'node:http';
createServer((_request, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1');
`;

describe('a service whose log cannot be opened', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let service: ChildService | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder.path, 'service.mjs'), SERVICE);
  });
  afterEach(async () => {
    await service?.stop();
    folder.remove();
  });

  /** Its log is to lie in a folder that does not exist yet. */
  async function start(startAttemptsMax: number): Promise<{ service: ChildService; starts: () => number }> {
    const port = await freePort();
    let changes = 0;
    service = startChildService(
      {
        name: 'one',
        entry: join(folder.path, 'service.mjs'),
        port,
        portSetting: 'PORT',
        environment: { PORT: String(port) },
      },
      {
        log: createLog('test', 'silent'),
        timing: { ...SUPERVISION_TIMING, restartDelayMinMs: 10, restartDelayMaxMs: 50, startAttemptsMax },
        address: `http://127.0.0.1:${port}`,
        variables: () => ({}),
        logFile: join(folder.path, 'logs', 'one.log'),
        onProcess: () => {
          changes += 1;
        },
      },
    );
    return { service, starts: () => changes / 2 };
  }

  it('fails its start with the reason, instead of ending the whole supervisor', async () => {
    const { service: started } = await start(2);
    await expect(started.ready).rejects.toThrow(/could not be started: ENOENT.*2 times/);
  });

  it('is started again until the log can be opened', async () => {
    const { service: started, starts } = await start(1_000);
    await eventually('two starts have failed', () => starts() >= 2);
    mkdirSync(join(folder.path, 'logs'));
    await started.ready;
    expect(started.current()).toBeDefined();
  });
});
