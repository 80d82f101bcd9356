import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';

describe('readEnvironment', () => {
  it('gives the documented defaults when nothing is set', () => {
    expect(readEnvironment({ PATH: '/bin' }, '/srv/trimtab')).toMatchObject({
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: '/srv/trimtab/.trimtab',
      configPath: '/srv/trimtab/trimtab.yaml',
      host: '127.0.0.1',
      ports: { gateway: 7400, optimizer: 7401, evaluator: 7402 },
      logLevel: 'info',
      project: 'default',
    });
  });

  it('takes an empty variable as not set, as compose files write it', () => {
    const environment = readEnvironment({ DATABASE_URL: '', TRIMTAB_GATEWAY_PORT: '' });
    expect(environment.databaseUrl).toBeUndefined();
    expect(environment.ports.gateway).toBe(7400);
  });

  it('keeps every variable, because the config file names provider keys by theirs', () => {
    expect(readEnvironment({ OPENAI_API_KEY: 'sk-1' }).variables['OPENAI_API_KEY']).toBe('sk-1');
  });

  it.each([
    ['TRIMTAB_GATEWAY_PROT', 'TRIMTAB_GATEWAY_PORT'],
    ['TRIMTAB_DATADIR', 'TRIMTAB_DATA_DIR'],
    ['TRIMTAB_CONFIG_FILE', 'TRIMTAB_CONFIG'],
  ])('refuses the unknown %s and names %s', (unknown, known) => {
    expect(() => readEnvironment({ [unknown]: '1' })).toThrow(
      `${unknown} is not a setting of Trimtab; did you mean ${known}?`,
    );
  });

  it('reports every bad variable at once, without repeating values that may be secret', () => {
    const read = () =>
      readEnvironment({ DATABASE_URL: 'mysql://root:hunter2@db/x', TRIMTAB_GATEWAY_PORT: '70000', LOG_LEVEL: 'loud' });
    expect(read).toThrow(/DATABASE_URL: expected an address that starts with postgres:\/\//);
    expect(read).toThrow(/TRIMTAB_GATEWAY_PORT: expected a port/);
    expect(read).toThrow(/LOG_LEVEL: expected one of fatal/);
    expect(read).not.toThrow(/hunter2/);
  });

  it('knows TRIMTAB_REAL_DATA and resolves it against the working folder', () => {
    expect(readEnvironment({ TRIMTAB_REAL_DATA: '../data' }, '/srv/trimtab').realDataDir).toBe('/srv/data');
  });
});
