import { describe, expect, it } from 'vitest';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import type { Loss } from '../loss.ts';
import { UPSTREAM_FORMATS } from '../registry.ts';
import { isOwnCallId, ownCallId } from './own-call-id.ts';
import { ownResultsAsText } from './own-results-as-text.ts';
import { plainHistory } from './plain-history.ts';
import { plainServerTools } from './plain-server-tools.ts';
import { decodeSearchContent, encodeSearchContent } from './search-content.ts';

type Messages = CanonicalBody['messages'];

const OWN = 'srvtoolu_trimtab_1';

function use(id: string, input: unknown = { query: 'q' }) {
  return { type: 'server_tool_use' as const, id, name: 'web_search' as const, input };
}

function result(id: string, encryptedContent = encodeSearchContent('größer')) {
  const content = [
    { type: 'web_search_result' as const, url: 'https://a.example', title: 'A', encrypted_content: encryptedContent },
  ];
  return { type: 'web_search_tool_result' as const, tool_use_id: id, content };
}

function text(value: string) {
  return { type: 'text' as const, text: value };
}

function ledger() {
  const losses: Loss[] = [];
  return { format: 'openai-chat' as const, losses };
}

/** Roles and kinds of blocks, one word a message. */
function shape(messages: Messages): string[] {
  return messages.map(({ role, content }) =>
    typeof content === 'string' ? `${role}:` : `${role}:${content.map(({ type }) => type).join(',')}`,
  );
}

describe('plainHistory', () => {
  it('returns the very same list when no server has run a tool', () => {
    const messages: Messages = [{ role: 'user', content: 'hi' }];
    expect(plainHistory(ledger(), messages)).toBe(messages);
  });

  it('cuts an answer behind its calls, and says the results as what they are', () => {
    const messages: Messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [text('I look.'), use('s1'), use('s2'), result('s1'), result('s2'), text('So.')] },
    ];
    const plain = plainHistory(ledger(), messages);
    expect(shape(plain)).toEqual([
      'user:',
      'assistant:text,tool_use,tool_use',
      'user:tool_result,tool_result',
      'assistant:text',
    ]);
    expect(plain[2]?.content).toMatchObject([
      { tool_use_id: 's1', content: [{ text: '1. A\nhttps://a.example\ngrößer' }] },
      { tool_use_id: 's2' },
    ]);
  });

  it('tells calls that were made at once from calls that follow a result', () => {
    const content = [use('s1'), result('s1'), use('s2'), result('s2'), text('So.')];
    expect(shape(plainHistory(ledger(), [{ role: 'assistant', content }]))).toEqual([
      'assistant:tool_use',
      'user:tool_result',
      'assistant:tool_use',
      'user:tool_result',
      'assistant:text',
    ]);
  });

  it('moves a result that came after the client had answered calls of its own to its call', () => {
    const messages: Messages = [
      { role: 'assistant', content: [use('s1'), { type: 'tool_use', id: 't1', name: 'read', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'alpha' }] },
      { role: 'assistant', content: [result('s1'), text('So.')] },
    ];
    expect(shape(plainHistory(ledger(), messages))).toEqual([
      'assistant:tool_use,tool_use',
      'user:tool_result,tool_result',
      'assistant:text',
    ]);
  });

  it('moves a result into a message of its own where the turn went on without the user', () => {
    const messages: Messages = [
      { role: 'assistant', content: [use('s1')] },
      { role: 'assistant', content: [result('s1'), text('So.')] },
    ];
    expect(shape(plainHistory(ledger(), messages))).toEqual([
      'assistant:tool_use',
      'user:tool_result',
      'assistant:text',
    ]);
  });

  it('notes what only another provider can read, and says so to the model', () => {
    const noted = ledger();
    const plain = plainHistory(noted, [{ role: 'assistant', content: [use('s1'), result('s1', 'EqgfCioIARgB')] }]);
    expect(JSON.stringify(plain)).toContain('can be read by the provider that found it only');
    expect(JSON.stringify(plain)).not.toContain('EqgfCioIARgB');
    expect(noted.losses).toMatchObject([{ kind: 'dropped', pointer: '/messages/0/content/0' }]);
  });

  it('tells the model of an error as an error', () => {
    const failed = {
      type: 'web_search_tool_result' as const,
      tool_use_id: 's1',
      content: { type: 'web_search_tool_result_error' as const, error_code: 'max_uses_exceeded' as const },
    };
    const plain = plainHistory(ledger(), [{ role: 'assistant', content: [use('s1'), failed] }]);
    expect(plain[1]?.content).toMatchObject([
      { is_error: true, content: [{ text: 'The tool failed: max_uses_exceeded' }] },
    ]);
  });
});

describe('plainServerTools', () => {
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ type: 'web_search_20260318', name: 'web_search' }],
  } satisfies CanonicalBody;

  it('returns the very same body when there is nothing to take out', () => {
    const plain: CanonicalBody = { model: 'm', messages: [{ role: 'user', content: 'hi' }], tools: [] };
    expect(plainServerTools(ledger(), plain)).toBe(plain);
  });

  it('leaves tools alone that clients run, though their schema is not in the request', () => {
    const clients: CanonicalBody = { ...body, tools: [{ type: 'bash_20250124', name: 'bash' }] };
    expect(plainServerTools(ledger(), clients)).toBe(clients);
  });

  it('tells the model at the end of its instructions what is not there', () => {
    const noted = ledger();
    const plain = plainServerTools(noted, { ...body, system: 'Be brief.' });
    expect(plain).not.toHaveProperty('tools');
    expect(plain.system).toMatchObject([
      { text: 'Be brief.' },
      { text: expect.stringMatching(/^Not available here: web_search\./) },
    ]);
    expect(noted.losses).toMatchObject([{ kind: 'dropped', pointer: '/tools/0' }]);
  });

  it.each(['openai-chat', 'openai-responses', 'gemini', 'bedrock-converse'] as const)(
    'makes a request of %s that names no such tool, and whose history can be said',
    (name) => {
      const target = createEncodeTarget({ model: 'm' });
      const messages: Messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [use(OWN), result(OWN), text('So.')] },
        { role: 'user', content: 'and?' },
      ];
      const encoded = UPSTREAM_FORMATS[name].encodeRequest({ body: { ...body, messages }, extras: {} }, target);
      const sent = JSON.stringify(encoded.body);
      expect(sent).toContain('Not available here: web_search.');
      expect(sent).toContain('größer');
      expect(sent).not.toContain('web_search_2026');
      expect(encoded.losses).toContainEqual(expect.objectContaining({ kind: 'dropped', pointer: '/tools/0' }));
    },
  );
});

describe('ownResultsAsText', () => {
  it('leaves alone what Anthropic itself ran', () => {
    const messages: Messages = [{ role: 'assistant', content: [use('srvtoolu_01A'), result('srvtoolu_01A', 'Eqgf')] }];
    expect(ownResultsAsText(ledger(), messages)).toBe(messages);
  });

  it('says what the gateway ran as text, because Anthropic refuses results that it has not written', () => {
    const noted = ledger();
    const said = ownResultsAsText(noted, [{ role: 'assistant', content: [use(OWN), result(OWN), text('So.')] }]);
    expect(shape(said)).toEqual(['assistant:text,text']);
    expect(JSON.stringify(said)).toContain('größer');
    expect(noted.losses).toMatchObject([{ kind: 'approximated', pointer: '/messages/0' }]);
  });
});

describe('the marks of the gateway', () => {
  it.each(['', 'plain', 'größer 🏔', 'line\nline'])('carries the text %j through a client', (value) => {
    expect(decodeSearchContent(encodeSearchContent(value))).toBe(value);
  });

  it.each(['EqgfCioIARgBIiQ3', '', 7, undefined])('takes %j for nothing of its own', (value) => {
    expect(decodeSearchContent(value)).toBeNull();
  });

  it('makes ids that Anthropic takes, never twice the same, and that are known again', () => {
    const taken = new Set<string>();
    const upstream = ['call_0', 'call_0', 'toolu_abc', 'chatcmpl-tool-ä/1', 'x'.repeat(100)];
    const ids = upstream.map((id) => ownCallId(id, 'call', taken));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^srvtoolu_[a-zA-Z0-9_]{1,55}$/);
      expect(isOwnCallId(id)).toBe(true);
    }
    expect(isOwnCallId('srvtoolu_01AbC')).toBe(false);
  });
});
