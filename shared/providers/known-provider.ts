import type { ProviderData } from './provider-data.ts';
import * as registry from './provider-registry.ts';

/** Known providers by the name that a configuration gives them; it then needs only what is secret or its own. */
export const KNOWN_PROVIDERS: ReadonlyMap<string, ProviderData> = new Map(
  Object.values(registry).map((provider) => [provider.name, provider]),
);
