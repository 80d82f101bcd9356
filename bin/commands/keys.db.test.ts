import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  expect((await fixture.run(['migrate'])).code).toBe(0);
});
afterAll(() => fixture.close());

const createdSchema = z.object({ keyId: z.uuid(), secret: z.string().regex(/^tt_/) });
const listedSchema = z.array(z.object({ name: z.string(), prefix: z.string(), revokedAt: z.string().nullable() }));

describe('trimtab keys', () => {
  it('warns while there is none', async () => {
    expect((await fixture.run(['keys', 'list'])).stdout).toContain(
      'the gateway takes any credential, on loopback only',
    );
  });

  it('makes a key, lists it without its secret, and revokes it by its prefix', async () => {
    const made = await fixture.run([
      'keys',
      'create',
      'ada-laptop',
      '--developer',
      'ada',
      '--expires',
      '90d',
      '--json',
    ]);
    const { secret } = createdSchema.parse(made.json());
    const listed = await fixture.run(['keys', 'list', '--json']);
    expect(listed.stdout).not.toContain(secret);
    const [key] = listedSchema.parse(listed.json());
    expect(key).toMatchObject({ name: 'ada-laptop', revokedAt: null });
    expect(secret.startsWith(key?.prefix ?? '-')).toBe(true);

    const revoked = await fixture.run(['keys', 'revoke', key?.prefix ?? '']);
    expect(revoked).toMatchObject({ code: 0, stdout: `Revoked ada-laptop (${key?.prefix}).\n` });
    expect((await fixture.run(['keys', 'list'])).stdout).toMatch(/ada-laptop +tt_\S+ +revoked +ada/);
    const events = (await fixture.run(['audit', 'list', '--json'])).stdout;
    expect(events).toMatch(/key\.revoked.*key\.created/);
  });

  it('shows a new secret once, with how to send it', async () => {
    const { stdout } = await fixture.run(['keys', 'create', 'ci']);
    expect(stdout).toMatch(/^tt_\S+\n.*not shown again/);
  });

  it('never prints what a terminal would obey', async () => {
    await fixture.run(['keys', 'create', 'evil\u001b[2J\u009b31m\u202e']);
    const listed = await fixture.run(['keys', 'list']);
    expect(listed.stdout).toContain('evil');
    const asJson = await fixture.run(['keys', 'list', '--json']);
    expect(`${listed.stdout}${asJson.stdout}`.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(listedSchema.parse(asJson.json()).map((key) => key.name)).toContain('evil\u001b[2J\u009b31m\u202e');
  });

  it('refuses a lifetime without a unit, and a key that is not there', async () => {
    const wrong = await fixture.run(['keys', 'create', 'x', '--expires', '90', '--json']);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'invalid_request' } });
    expect(await fixture.run(['keys', 'revoke', 'tt_none'])).toMatchObject({
      code: 1,
      stderr: 'trimtab: no key tt_none is in use; see `trimtab keys list`\n',
    });
  });
});
