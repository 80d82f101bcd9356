type JsonSchema = Readonly<Record<string, unknown>>;

/** Signs in a rendered transcript that something went wrong, with what to hold against whom. */
const FAILURE_SIGNS: readonly RegExp[] = [/__unparsedToolInput/, /\(error\)/, /\bTASK FAILED\b/, /Error: /];
const QUOTE_CHARACTERS = 60;

/**
 * The verdict on the transcript in a judge's prompt: its first criterion fails when a sign of failure stands in the
 * data, with a quote of the line, and everything passes otherwise. The two control questions are answered by their name.
 */
export function judgeTranscript(userText: string, schema: JsonSchema, misbehaviour: string | null): unknown {
  const found = findFailure(userText);
  const ids = criterionIds(schema);
  const criteria = ids.map((id, index) => {
    if (id === 'control_even' || id === 'control_odd') return answer(id, controlVerdict(id, misbehaviour));
    const fails = found !== null && index === 0;
    if (misbehaviour === 'fabricated_quote' && index === 0) {
      return answer(id, 'fail', [{ message: 'm1', quote: 'these words stand nowhere in the record' }]);
    }
    return answer(id, fails ? 'fail' : 'pass', fails ? [found] : []);
  });
  return {
    task: 'what the user asked for',
    outcome: found === null ? 'it was done' : 'something failed',
    criteria: misbehaviour === 'missing_criterion' ? criteria.slice(1) : criteria,
  };
}

function controlVerdict(id: string, misbehaviour: string | null): string {
  if (misbehaviour === 'wrong_control') return 'pass';
  return id === 'control_even' ? 'pass' : 'fail';
}

function answer(id: string, verdict: string, evidence: readonly { message: string; quote: string }[] = []) {
  return { id, evidence, reasoning: 'as the record shows', verdict };
}

function findFailure(userText: string): { message: string; quote: string } | null {
  const data = /BEGIN \S+\n([\s\S]*)\nEND /.exec(userText)?.[1] ?? '';
  let message = '';
  for (const line of data.split('\n')) {
    message = /^\[(m\d+)\] /.exec(line)?.[1] ?? message;
    // What stands before the first message is the system prompt and the catalogue.
    if (message === '' || !FAILURE_SIGNS.some((sign) => sign.test(line))) continue;
    const quote = line.replace(/^\[m\d+\] /, '').slice(0, QUOTE_CHARACTERS);
    return { message, quote };
  }
  return null;
}

function criterionIds(schema: JsonSchema): readonly string[] {
  const id = ['properties', 'criteria', 'items', 'properties', 'id'].reduce<unknown>(
    (node, key) => (node as JsonSchema | undefined)?.[key],
    schema,
  );
  return ((id as JsonSchema | undefined)?.['enum'] as readonly string[] | undefined) ?? [];
}
