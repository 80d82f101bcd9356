import { closestName } from '../closest-name.ts';
import { missingAddressSettings } from '../providers/fill-base-url.ts';
import { KNOWN_PROVIDERS } from '../providers/known-provider.ts';
import type { ProviderConfig, TrimtabConfig } from './config-schema.ts';

type Report = (path: readonly PropertyKey[], message: string) => void;

/** Examples of what is missing, for people who see the setting for the first time. */
const EXAMPLES: Readonly<Record<string, string>> = {
  region: 'region: us-east-1',
  location: 'location: global',
  projectId: 'projectId: my-project',
  resource: 'resource: my-resource (the name in front of .openai.azure.com)',
};

/** What a provider needs to be called at all: a format, an address and what its address and signature are made of. */
export function checkProviders(config: TrimtabConfig, report: Report): void {
  for (const [name, provider] of Object.entries(config.providers)) {
    checkLike(name, provider, report);
    checkAddress(name, provider, report);
    checkHosting(name, provider, report);
    checkCloud(name, provider, report);
    const models = config.models.filter((model) => model.provider === name).map(({ id }) => id);
    for (const id of Object.keys(provider.deployments ?? {})) {
      if (models.includes(id)) continue;
      const nearest = closestName(id, models);
      const hint = nearest === undefined ? 'add it under models:' : `did you mean "${nearest}"?`;
      report(['providers', name, 'deployments', id], `is for "${id}", which is no model of this provider; ${hint}`);
    }
  }
  checkProfiles(config, report);
}

function checkLike(name: string, { like }: ProviderConfig, report: Report): void {
  if (like === undefined || KNOWN_PROVIDERS.has(like)) return;
  const nearest = closestName(like, [...KNOWN_PROVIDERS.keys()]);
  const hint =
    nearest === undefined ? `known are ${[...KNOWN_PROVIDERS.keys()].join(', ')}` : `did you mean "${nearest}"?`;
  report(['providers', name, 'like'], `"${like}" is not a known provider; ${hint}`);
}

function checkAddress(name: string, provider: ProviderConfig, report: Report): void {
  const known = KNOWN_PROVIDERS.get(provider.like ?? name);
  // A misspelt `like` is told by itself.
  if (known === undefined && provider.like !== undefined) return;
  if (known === undefined && provider.format === undefined) {
    report(['providers', name], 'is not a known provider and needs a format');
  }
  if (provider.baseUrl !== undefined) return;
  if (known?.baseUrl === undefined) {
    const reason = known === undefined ? 'is not a known provider' : 'runs where only you know';
    report(['providers', name], `${reason} and needs a baseUrl`);
    return;
  }
  for (const setting of missingAddressSettings(known.baseUrl, provider)) {
    report(['providers', name], `needs ${setting}, which its address is made of; add ${EXAMPLES[setting] ?? setting}`);
  }
}

function checkHosting(name: string, { hosting, format }: ProviderConfig, report: Report): void {
  if (hosting === undefined || format === 'anthropic-messages') return;
  report(
    ['providers', name, 'hosting'],
    `says where Anthropic's models are served in their own format; add format: anthropic-messages, or take hosting out`,
  );
}

function checkCloud(name: string, provider: ProviderConfig, report: Report): void {
  const known = KNOWN_PROVIDERS.get(provider.like ?? name);
  const signs = (provider.auth ?? known?.auth) === 'aws-sigv4' || provider.hosting === 'bedrock';
  const isNamed = provider.region !== undefined || /bedrock-runtime/.test(provider.baseUrl ?? '');
  if (signs && provider.apiKey === undefined && provider.baseUrl !== undefined && !isNamed) {
    report(['providers', name], `signs its requests for a region; add ${EXAMPLES['region']}`);
  }
  const { serviceAccount, serviceAccountFile } = provider.google ?? {};
  if (serviceAccount !== undefined && serviceAccountFile !== undefined) {
    report(['providers', name, 'google'], 'has both serviceAccount and serviceAccountFile; keep one');
  }
}

/** An application inference profile has an id that says nothing of its model, and models differ in what they take. */
function checkProfiles(config: TrimtabConfig, report: Report): void {
  config.models.forEach((model, index) => {
    const id = config.providers[model.provider]?.deployments?.[model.id] ?? model.id;
    if (model.family !== undefined || id !== model.id || !/:application-inference-profile\//.test(id)) return;
    const message = 'is an inference profile, which does not tell its model; add family: anthropic.claude-sonnet-4-5';
    report(['models', index, 'id'], `${message} (or what it is)`);
  });
}
