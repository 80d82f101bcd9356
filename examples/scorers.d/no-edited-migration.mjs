/**
 * A scorer of one's own: migrations that have run are never edited, a new one is written instead. Copy this file into
 * `scorers.d/` in the data folder (`.trimtab/` unless TRIMTAB_DATA_DIR says otherwise) and start the evaluator again.
 */
const EDITING_TOOLS = new Set(['Edit', 'MultiEdit', 'Write']);
const MIGRATION = /(^|\/)migrations\/[^/]+\.(sql|ts|py)$/;

export default {
  id: 'acme/no-edited-migration',
  version: '1',
  metric: 'code',
  owner: 'provider',
  severity: 'error',
  definition: 'A migration that exists is not edited.',

  /** @param subject what docs/guides/custom-scorers.md describes */
  score({ response, request }) {
    // Nothing was captured of this call: that is neither a pass nor a failure.
    if (response === null || request === null) return { outcome: 'unknown', detail: 'the content was not captured' };
    const blocks = Array.isArray(response.content) ? response.content : [];
    const edits = blocks.flatMap((block, index) =>
      block.type === 'tool_use' && EDITING_TOOLS.has(block.name) ? [{ path: block.input?.file_path, index }] : [],
    );
    if (edits.length === 0) return { outcome: 'not_applicable' };
    const edited = edits.find(({ path }) => MIGRATION.test(path) && wasRead(request, path));
    if (edited === undefined) return { outcome: 'pass' };
    return {
      outcome: 'fail',
      evidence: [{ pointer: `/response/content/${edited.index}`, quote: edited.path.slice(0, 300) }],
      expectedVsActual: 'new migration -> edited migration',
      detail: 'a migration that exists was edited',
    };
  },
};

/** A file that the agent has read before is one that exists. */
function wasRead(request, path) {
  return request.messages.some(
    ({ role, content }) =>
      role === 'assistant' &&
      Array.isArray(content) &&
      content.some((block) => block.type === 'tool_use' && block.name === 'Read' && block.input?.file_path === path),
  );
}
