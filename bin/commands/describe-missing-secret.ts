import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import type { LoadedConfig } from '#shared/config/load-config.ts';

/** What does not work while a variable that the file names is not set. */
export function describeMissingSecret(
  { provider: place, variable }: LoadedConfig['missingSecrets'][number],
  { providers }: Pick<TrimtabConfig, 'providers'>,
): string {
  const until = `until you export ${variable} and start again`;
  if (Object.hasOwn(providers, place)) return `${variable} is not set: calls to ${place} fail ${until}.`;
  return `${variable} is not set: ${place} counts as left out ${until}.`;
}
