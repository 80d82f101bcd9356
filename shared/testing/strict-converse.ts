/**
 * What Bedrock's Converse refuses in a request, by its API reference and the validation errors that users report. It
 * answers 400 to any of these, and a translator must never send one.
 */
const TOP_LEVEL = new Set(
  `messages system toolConfig inferenceConfig guardrailConfig additionalModelRequestFields promptVariables
  additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig`.split(/\s+/),
);
const INFERENCE = new Set(['maxTokens', 'temperature', 'topP', 'stopSequences']);
const USER_MEMBERS = new Set(['text', 'image', 'document', 'toolResult', 'cachePoint']);
const ASSISTANT_MEMBERS = new Set(['text', 'toolUse', 'reasoningContent', 'cachePoint']);
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const TOOL_USE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
const DOCUMENT_NAME = /^(?!.*\s\s)[A-Za-z0-9\s()[\]-]{1,200}$/;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);

/** The first fault of a request body, in words like those of the service, or null. */
export function refuseConverseBody(body: Fields): string | null {
  const unknown = Object.keys(body).find((name) => !TOP_LEVEL.has(name));
  if (unknown !== undefined) return `extraneous key [${unknown}] is not permitted`;
  const inference = Object.keys(fieldsOf(body['inferenceConfig'])).find((name) => !INFERENCE.has(name));
  if (inference !== undefined) return `extraneous key [${inference}] is not permitted in inferenceConfig`;
  return refuseSystem(body['system']) ?? refuseTools(body['toolConfig']) ?? refuseMessages(body);
}

function refuseSystem(system: unknown): string | null {
  if (system === undefined) return null;
  if (!Array.isArray(system) || system.length === 0) return 'system must have at least one block';
  return refuseBlocks(listOf(system), new Set(['text', 'cachePoint']), 'system', new Set());
}

function refuseTools(config: unknown): string | null {
  if (config === undefined) return null;
  const tools = listOf(fieldsOf(config)['tools']);
  if (tools.length === 0) return 'toolConfig.tools must have length greater than or equal to 1';
  for (const [index, tool] of tools.entries()) {
    if ('cachePoint' in tool && index > 0) continue;
    const spec = fieldsOf(tool['toolSpec']);
    if (!TOOL_NAME.test(String(spec['name']))) return `toolConfig.tools.${index}.name does not match`;
    if (spec['description'] === '') return `toolConfig.tools.${index}.description is empty`;
    if (fieldsOf(fieldsOf(spec['inputSchema'])['json'])['type'] !== 'object') {
      return `toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be object`;
    }
  }
  return null;
}

function refuseBlocks(
  blocks: readonly Fields[],
  members: ReadonlySet<string>,
  path: string,
  documentNames: Set<string>,
): string | null {
  for (const [index, block] of blocks.entries()) {
    const [member = ''] = Object.keys(block);
    if (Object.keys(block).length !== 1 || !members.has(member)) return `${path}.${index}: invalid block ${member}`;
    if (member === 'text' && String(block['text']).trim() === '') return `${path}.${index}: text field is blank`;
    if (member === 'cachePoint' && index === 0) return `${path}.${index}: cachePoint cannot be the first block`;
    if (member !== 'document') continue;
    const name = String(fieldsOf(block['document'])['name']);
    if (!DOCUMENT_NAME.test(name)) return `${path}.${index}: invalid document name`;
    if (documentNames.has(name)) return `${path}.${index}: duplicate document name`;
    documentNames.add(name);
  }
  return null;
}

function refuseToolBlock(block: Fields, path: string, documentNames: Set<string>): string | null {
  const use = fieldsOf(block['toolUse']);
  if ('toolUse' in block && !TOOL_NAME.test(String(use['name']))) return `${path}: toolUse.name does not match`;
  if ('toolUse' in block && (typeof use['input'] !== 'object' || Array.isArray(use['input']))) {
    return `${path}: toolUse.input is no JSON object`;
  }
  const result = fieldsOf(block['toolResult']);
  const id = String(use['toolUseId'] ?? result['toolUseId'] ?? 'none');
  if (!TOOL_USE_ID.test(id)) return `${path}: toolUseId does not match`;
  const shown = new Set(['text', 'image', 'document', 'json']);
  return refuseBlocks(listOf(result['content']), shown, `${path}.toolResult.content`, documentNames);
}

function refuseMessages(body: Fields): string | null {
  const messages = listOf(body['messages']);
  if (messages[0]?.['role'] !== 'user') return 'A conversation must start with a user message';
  const documentNames = new Set<string>();
  let awaited: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}.content`;
    const blocks = listOf(message['content']);
    const role = index % 2 === 0 ? 'user' : 'assistant';
    if (message['role'] !== role) return `messages.${index}: roles must alternate`;
    if (blocks.length === 0) return `${path}: the content is empty`;
    const members = role === 'user' ? USER_MEMBERS : ASSISTANT_MEMBERS;
    const fault = refuseBlocks(blocks, members, path, documentNames);
    if (fault !== null) return fault;
    for (const block of blocks) {
      const toolFault = refuseToolBlock(block, path, documentNames);
      if (toolFault !== null) return toolFault;
    }
    const pairing = refusePairing(blocks, awaited, path);
    if (pairing !== null) return pairing;
    if (blocks.some((block) => 'document' in block) && !blocks.some((block) => 'text' in block)) {
      return `${path}: a text block must come with a document`;
    }
    const isTool = blocks.some((block) => 'toolUse' in block || 'toolResult' in block);
    if (isTool && body['toolConfig'] === undefined) return 'The toolConfig field must be defined';
    awaited = blocks.flatMap((block) => ('toolUse' in block ? [String(fieldsOf(block['toolUse'])['toolUseId'])] : []));
    if (new Set(awaited).size !== awaited.length) return `${path}: toolUse ids must be unique`;
  }
  return awaited.length === 0 ? null : 'Expected toolResult blocks for the last toolUse blocks';
}

/** Results answer exactly the calls of the message before, first in their message and next to one another. */
function refusePairing(blocks: readonly Fields[], awaited: readonly string[], path: string): string | null {
  const results = blocks.flatMap((block) =>
    'toolResult' in block ? [String(fieldsOf(block['toolResult'])['toolUseId'])] : [],
  );
  if (results.length !== awaited.length || !awaited.every((id) => results.includes(id))) {
    return `${path}: Expected toolResult blocks for the following Ids: ${awaited.join(', ')}`;
  }
  const isContiguous = blocks.slice(0, results.length).every((block) => 'toolResult' in block);
  return isContiguous ? null : `${path}: toolResult blocks must come first`;
}
