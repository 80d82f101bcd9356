import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { createFakeProvider } from './fake-provider.ts';
import { createScenarioScript, fakeScenarioSchema } from './fake-scenario.ts';

/**
 * Runs a scripted upstream: `node shared/testing/run-fake-provider.ts --scenario FILE [--port N]`. Prints one JSON line
 * with its base URL. `POST /control/switches/NAME?on=true` turns a switch of the scenario on or off.
 */
const { values } = parseArgs({ options: { scenario: { type: 'string' }, port: { type: 'string' } } });
const text = values.scenario === undefined ? '{}' : readFileSync(values.scenario, 'utf8');
const scenario = fakeScenarioSchema.parse(JSON.parse(text));
const { script, setSwitch } = createScenarioScript(scenario);

function control(request: IncomingMessage, response: ServerResponse): boolean {
  const url = new URL(request.url ?? '/', 'http://fake');
  const name = /^\/control\/switches\/([\w-]+)$/.exec(url.pathname)?.[1];
  if (name === undefined) return false;
  setSwitch(name, url.searchParams.get('on') === 'true');
  response.end('{"ok":true}\n');
  return true;
}

const { format, strict, refusedParameters } = scenario;
const port = Number(values.port ?? 0);
const provider = await createFakeProvider({ format, script, strict, refusedParameters, control, port });
process.stdout.write(`${JSON.stringify({ baseUrl: provider.baseUrl })}\n`);

const stop = (): void => {
  void provider.close().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
