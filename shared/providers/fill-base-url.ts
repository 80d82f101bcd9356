import type { ProviderConfig } from '../config/config-schema.ts';
import { isClassicAzure } from './provider-path.ts';

type AddressSettings = Pick<ProviderConfig, 'region' | 'location' | 'projectId' | 'resource' | 'apiVersion'>;

/** Settings that a placeholder of an address stands for. */
const PLACEHOLDERS: Readonly<Record<string, keyof AddressSettings>> = {
  region: 'region',
  location: 'location',
  project: 'projectId',
  resource: 'resource',
};

/** Settings that the address of a provider needs and that are not given. */
export function missingAddressSettings(template: string, settings: AddressSettings): readonly string[] {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => PLACEHOLDERS[match[1] ?? ''] ?? match[1] ?? '');
  return [...new Set(names)].filter((name) => (settings[name as keyof AddressSettings] ?? '') === '');
}

/** The address that a template makes with the settings; undefined when one is missing. */
export function fillBaseUrl(template: string, settings: AddressSettings): string | undefined {
  if (missingAddressSettings(template, settings).length > 0) return undefined;
  const filled = template.replace(
    /\{(\w+)\}/g,
    (_whole, name: string) => settings[PLACEHOLDERS[name] ?? 'region'] ?? '',
  );
  // Vertex's places that are no region have hosts of their own.
  const placed = filled
    .replace('//global-aiplatform.googleapis.com', '//aiplatform.googleapis.com')
    .replace(/\/\/(us|eu)-aiplatform\.googleapis\.com/, '//aiplatform.$1.rep.googleapis.com');
  return isClassicAzure(settings.apiVersion) ? placed.replace(/\/openai\/v1$/, '/openai') : placed;
}
