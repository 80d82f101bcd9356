import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG, type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
});
afterAll(() => fixture.close());

describe('trimtab config check', () => {
  it('says what a valid file comes to', async () => {
    const { code, stdout } = await fixture.run(['config', 'check']);
    expect(code).toBe(0);
    expect(stdout).toContain('is valid: 2 models, 1 routes.');
    expect(stdout).toContain('No judge: deterministic scorers only.');
  });

  it('names the variable of a key that is not set', async () => {
    const path = join(fixture.folder, 'keyed.yaml');
    const keys = `providers:\n  openai: { apiKey: "\${OPENAI_API_KEY}" }\n`;
    writeFileSync(path, `${keys}webhooks: [{ name: ops, url: "https://ops.example/", secret: "\${HOOK_SECRET}" }]\n`);
    const { stdout } = await fixture.run(['config', 'check', path]);
    expect(stdout).toContain('OPENAI_API_KEY is not set: calls to openai fail until you export OPENAI_API_KEY');
    expect(stdout).toContain('HOOK_SECRET is not set: webhooks.0.secret counts as left out until');
    writeFileSync(path, keys);
    expect((await fixture.run(['config', 'check', path, '--json'])).json()).toEqual({
      ok: true,
      path,
      missingSecrets: [{ provider: 'openai', variable: 'OPENAI_API_KEY' }],
      models: [],
    });
  });

  it('names the line and the fix of everything that is wrong', async () => {
    const path = join(fixture.folder, 'bad.yaml');
    writeFileSync(path, `${CONFIG}governance:\n  qualityBaar: 0.9\n`);
    const { code, stdout, stderr } = await fixture.run(['config', 'check', path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${path}:10: governance.qualityBaar is not a setting; did you mean "qualityBar"?`);
    const quirky = 'providers:\n  openai: { quirks: [no-stpo] }\n';
    writeFileSync(path, quirky);
    expect((await fixture.run(['config', 'check', path])).stderr).toContain(
      `${path}:2: providers.openai.quirks.0 "no-stpo" is not a known quirk; did you mean "no-stop"?`,
    );
  });

  it('refuses a file that is not there, saying how to get one', async () => {
    const { code, stderr } = await fixture.run(['config', 'check', join(fixture.folder, 'none.yaml'), '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'invalid_config', message: expect.stringContaining('trimtab up') },
    });
  });

  it('stops a command before it begins when the file is broken', async () => {
    const path = join(fixture.folder, 'broken.yaml');
    writeFileSync(path, 'models: [');
    const { code, stderr } = await fixture.run(['migrate'], { variables: { TRIMTAB_CONFIG: path } });
    expect(code).toBe(1);
    expect(stderr).toContain('the configuration has 1 problem(s)');
  });

  it('lets nobody be kept from the stop button by a file that is being edited', async () => {
    await fixture.run(['migrate']);
    fixture.writeConfig(`${CONFIG}governance:\n  qualityBaar: 0.9\n`);
    expect((await fixture.run(['optimize', 'pause'])).code).toBe(0);
    fixture.writeConfig(`project: nowhere\n${CONFIG}`);
    const { code, stderr } = await fixture.run(['optimize', 'pause']);
    expect(code).toBe(1);
    expect(stderr).toContain('the project is not in the database yet');
    fixture.writeConfig(CONFIG);
  });
});
