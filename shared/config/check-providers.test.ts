import { describe, expect, it } from 'vitest';
import { parseConfig } from './load-config.ts';

const ARN = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';
/** References to the environment, as the file has them. */
const ENVIRONMENT = { KEY: 'k', JSON_KEY: '{}' };

function problemsOf(text: string): readonly string[] {
  const result = parseConfig(text, ENVIRONMENT);
  if ('config' in result) return [];
  return result.map(({ path, line, message }) => `${line}: ${path} ${message}`);
}

describe('the configuration of providers', () => {
  it.each([
    ['Bedrock by its region', 'bedrock: { region: us-east-1 }'],
    [
      'Bedrock with keys',
      `bedrock: { region: us-east-1, aws: { accessKeyId: "\${KEY}", secretAccessKey: "\${KEY}" } }`,
    ],
    ['Bedrock with a key of its own', `bedrock: { region: us-east-1, apiKey: "\${KEY}" }`],
    ["Anthropic's models at Bedrock", 'claude: { like: bedrock, format: anthropic-messages, region: us-east-1 }'],
    [
      'another way to say it',
      'claude: { format: anthropic-messages, hosting: bedrock, baseUrl: "https://a.b", region: r }',
    ],
    ['Vertex', `vertex: { projectId: p, location: global, google: { serviceAccount: "\${JSON_KEY}" } }`],
    ['Azure by its resource', `azure-openai: { resource: r, apiKey: "\${KEY}" }`],
    ['Azure, classic', `azure-openai: { resource: r, apiVersion: 2024-10-21, apiKey: "\${KEY}" }`],
  ])('takes %s', (_case, provider) => {
    expect(problemsOf(`providers:\n  ${provider}\n`)).toEqual([]);
  });

  it.each([
    ['Bedrock without a region', 'bedrock: {}', '2: providers.bedrock needs region, .* add region: us-east-1'],
    ['Vertex without a project', 'vertex: { location: global }', '2: providers.vertex needs projectId'],
    ['Azure without a resource', `azure-openai: { apiKey: "\${KEY}" }`, 'needs resource'],
    ['a signature without a region', 'b: { like: bedrock, baseUrl: "https://x.y" }', 'add region'],
    ['a misspelt model', 'b: { like: bedrok, region: r }', '2: providers.b.like "bedrok" .* did you mean "bedrock"'],
    [
      'a host of nothing',
      'b: { hosting: vertex, format: gemini, baseUrl: "https://x.y" }',
      'add format: anthropic-messages',
    ],
    [
      'two keys',
      `vertex: { projectId: p, location: l, google: { serviceAccount: "\${KEY}", serviceAccountFile: f } }`,
      'keep one',
    ],
    ['a name for no model', 'azure-openai: { resource: r, deployments: { gpt-4: x } }', 'no model of this provider'],
    [
      'a secret in the file',
      'bedrock: { region: r, aws: { secretAccessKey: abc } }',
      'is a secret written into the file',
    ],
  ])('tells of %s, with the line and what to write', (_case, provider, message) => {
    expect(problemsOf(`providers:\n  ${provider}\n`).join('\n')).toMatch(new RegExp(message));
  });

  it('wants the family of a model whose id is an inference profile', () => {
    const file = (more: string) =>
      `providers:\n  bedrock: { region: r }\nmodels:\n  - { id: "${ARN}", provider: bedrock, price: { input: 1, output: 1 }${more} }\n`;
    expect(problemsOf(file('')).join('\n')).toMatch(/4: models\.0\.id .*add family: anthropic/);
    expect(problemsOf(file(', family: amazon.nova-pro-v1:0'))).toEqual([]);
  });
});
