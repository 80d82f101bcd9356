import { QUIRKS } from '../../formats/quirks/quirks.ts';
import { missingAddressSettings } from '../fill-base-url.ts';
import type { AuthScheme, ProviderData } from '../provider-data.ts';

/** What stands for a setting in the examples. */
const SETTING_EXAMPLES: Readonly<Record<string, string>> = {
  region: 'us-east-1',
  location: 'global',
  projectId: 'my-project',
  resource: 'my-resource',
};
const SERVER_EXAMPLE = '"http://10.0.0.5:8000/v1"';

const CREDENTIALS: Readonly<Record<AuthScheme, string>> = {
  bearer: '`apiKey`, sent as `Authorization: Bearer`',
  'x-api-key': '`apiKey`, sent as `x-api-key`',
  'api-key': '`apiKey`, sent as `api-key`',
  'x-goog-api-key': '`apiKey`, sent as `x-goog-api-key`',
  'aws-sigv4': "AWS's own chain of credentials, or `aws`; `apiKey` for a Bedrock key",
  'google-oauth': "Google's own default credentials, or `google`",
  none: 'none',
};

/** Settings of an entry that a provider cannot be called without, its key left out. */
export function neededSettings(provider: ProviderData): readonly string[] {
  return provider.baseUrl === undefined ? ['baseUrl'] : missingAddressSettings(provider.baseUrl, {});
}

function keyVariable(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_API_KEY`;
}

function takesKey({ auth, network }: ProviderData): boolean {
  return auth !== 'aws-sigv4' && auth !== 'google-oauth' && auth !== 'none' && network !== 'private';
}

/** The entry of a provider in a configuration, as short as it can be. */
export function exampleEntry(provider: ProviderData): string {
  const settings = neededSettings(provider).map((name) => `${name}: ${SETTING_EXAMPLES[name] ?? SERVER_EXAMPLE}`);
  const key = takesKey(provider) ? [`apiKey: "\${${keyVariable(provider.name)}}"`] : [];
  const fields = [...settings, ...key].join(', ');
  return `${provider.name}: {${fields === '' ? '' : ` ${fields} `}}`;
}

function credentials(provider: ProviderData): string {
  const text = CREDENTIALS[provider.auth];
  return provider.network === 'private' ? `${text}, if the server wants one` : text;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function quirkCell(provider: ProviderData): string {
  const { quirks, reasoningModelQuirks, models = [] } = provider;
  const some = [...new Set(models.flatMap((facts) => facts.quirks ?? []))];
  return [
    code(quirks),
    reasoningModelQuirks.length === 0 ? '' : `reasoning models: ${code(reasoningModelQuirks)}`,
    some.length === 0 ? '' : `some models: ${code(some)}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** The part of the guide to providers that is made of the registry. */
export function renderProviderGuide(providers: readonly ProviderData[]): string {
  const entries = providers.map((provider) => `  ${exampleEntry(provider)}`);
  return [
    '## What each entry needs',
    '',
    '```yaml',
    'providers:',
    ...entries,
    '```',
    '',
    ...table(
      ['provider', 'format', 'needs', 'credentials', 'page'],
      providers.map((provider) => [
        `\`${provider.name}\``,
        `\`${provider.format}\``,
        code(neededSettings(provider)),
        credentials(provider),
        `[${new URL(provider.documentation).host}](${provider.documentation})`,
      ]),
    ),
    '',
    '## Quirks that are set already',
    '',
    ...table(
      ['provider', 'quirks'],
      providers.map((provider) => [`\`${provider.name}\``, quirkCell(provider)]),
    ),
    '',
    '## All quirks',
    '',
    ...table(
      ['quirk', 'why', 'source'],
      Object.entries(QUIRKS).map(([name, { why, source }]) => [
        `\`${name}\``,
        why.replaceAll('|', '\\|').replaceAll('<think>', '`<think>`').replaceAll('</think>', '`</think>`'),
        `[${new URL(source).host}](${source})`,
      ]),
    ),
    '',
  ].join('\n');
}
