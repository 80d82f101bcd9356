import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { TrimtabError } from '#shared/errors.ts';
import { fakeScenarioSchema } from '#shared/testing/fake-scenario.ts';

/** Steps of the loop that a scenario may wait for, in the order in which they happen. */
export const DEMO_STEPS = ['cluster', 'proposal', 'canary', 'promotion', 'alarm', 'rollback'] as const;
export type DemoStep = (typeof DEMO_STEPS)[number];

/**
 * What the simulated providers do, and what should come of it. The system under it is the one that everybody runs: it
 * never sees this file.
 */
export const demoScenarioSchema = z.strictObject({
  title: z.string(),
  /** The cheap provider, in OpenAI's format, that the first policy routes to. */
  swift: fakeScenarioSchema,
  /** The dear and reliable one, in Anthropic's format. */
  grand: fakeScenarioSchema,
  /** A switch of the scripts that is turned on when a step was reached and so many sessions have ended since. */
  switches: z
    .array(z.strictObject({ name: z.string(), after: z.enum(DEMO_STEPS), sessions: z.int().nonnegative() }))
    .default([]),
  /** Ends early when all of these were seen; a step not reached in time is a failure. */
  expect: z.array(z.enum(DEMO_STEPS)).default([]),
  /** Sessions to run when nothing is expected, before the optimizer is asked and the result is counted. */
  sessions: z.int().positive().default(150),
  deadlineSeconds: z.int().positive().default(170),
});

export type DemoScenario = z.infer<typeof demoScenarioSchema>;

const BUILT_IN: Readonly<Record<string, URL>> = {
  default: new URL('./scenarios/parallel-collapse.json', import.meta.url),
  none: new URL('./scenarios/none.json', import.meta.url),
};

/** A built-in scenario by name (`default`, `none`), or one from a file. */
export async function loadScenario(nameOrFile: string): Promise<DemoScenario> {
  const source = BUILT_IN[nameOrFile] ?? nameOrFile;
  let text: string;
  try {
    text = await readFile(source, 'utf8');
  } catch (cause) {
    const known = Object.keys(BUILT_IN).join(', ');
    throw new TrimtabError(
      'invalid_request',
      `there is no scenario ${nameOrFile}; built in are ${known}, or name a file`,
      {
        cause,
      },
    );
  }
  const parsed = demoScenarioSchema.safeParse(parseJson(text, nameOrFile));
  if (parsed.success) return parsed.data;
  throw new TrimtabError('invalid_request', `${nameOrFile} is not a scenario:\n${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrimtabError('invalid_request', `${name} is not JSON: ${String(cause)}`, { cause });
  }
}
