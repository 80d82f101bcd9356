import { isRecord, type JsonRecord } from '../json.ts';
import { toolResultText } from '../tool-results.ts';
import { foldLookalikes, hiddenPayloads } from './hidden-text.ts';

/** What was found in a conversation that tries to speak to its judge. */
export interface InjectionReport {
  /** Text directed at whoever judges: no pass is believed any more. */
  readonly suspected: boolean;
  /** Text in a tool's output that instructs whoever reads it: reason enough for a second opinion. */
  readonly instructed: boolean;
  /** Names of the signs, each once, in the order of the catalogue. */
  readonly signs: readonly string[];
}

type Source = 'output' | 'other';

interface Sign {
  readonly name: string;
  readonly pattern: RegExp;
  /** `output`: a person may write so, a tool does not. */
  readonly where: 'output' | 'everywhere';
  readonly weight: 'suspected' | 'instructed';
}

const GRADER = String.raw`\b(?:judges?|graders?|evaluators?|raters?|scorers?|assessors?|grading (?:model|system|bot|script|llm)|scoring (?:model|system)|llm[- ]as[- ]a[- ]judge|automated (?:reviewer|evaluation|grader))\b`;
const ADJECTIVE = String.raw`(?:[\w-]+ ){0,2}`;
const DIRECTIVE =
  '(?:must|should|shall|ha(?:s|ve) to|needs? to|(?:is|are) (?:required|instructed|asked|told)|please|ignore|disregard|forget|give|award|assign|mark|treat|consider|approve|pass)';
const GOOD = String.raw`(?:pass(?:ed|ing|es)?|full (?:marks|score|credit|points)|perfect|highest|maximum|top (?:marks|score)|10\s?\/\s?10|100\s?%|5\s?\/\s?5|approved?|correct|success(?:ful(?:ly)?)?|complet(?:e|ed)|excellent|flawless)`;
/** What a judge judges; a test, a file or a value is something else. */
const SUBJECT =
  '(?:criteria|criterion|runs?|session|conversation|transcript|responses?|assistant|agent|task|interaction|dialogue)';

/** First the signs that mean the judge, then those that mean any reader. Every gap is bounded. */
const SIGNS: readonly Sign[] = [
  sign(
    'grader_addressed',
    [
      String.raw`${GRADER}\s*[,:!\u2014-]\s*[^\n]{0,40}\b${DIRECTIVE}\b`,
      String.raw`${GRADER} ${DIRECTIVE}\b`,
      String.raw`\b(?:notes?|messages?|instructions?|attention|memo|reminder|hints?|dear|hello|hi|hey)(?: to| for)?,? (?:the |all |any |my )?${ADJECTIVE}${GRADER}`,
      String.raw`^\W{0,4}for the ${ADJECTIVE}${GRADER}\s*[:,]`,
      String.raw`\bas (?:the|a|an) ${ADJECTIVE}${GRADER}\b[^\n]{0,40}(?:,|\byou\b)[^\n]{0,30}\b(?:answer|${DIRECTIVE})\b`,
      String.raw`\b(?:whoever|when(?:ever)? you) (?:scores?|grades?|judges?|evaluates?|rates?|assess(?:es)?)\b`,
      String.raw`\byou must (?:approve|pass|accept)\b|\bdo not (?:quote|report|mention|record|fail)\b[^\n]{0,20}\b(?:failures?|errors?|problems?|this (?:response|run|session|transcript|conversation|task))\b`,
    ].join('|'),
  ),
  sign(
    'verdict_ordered',
    String.raw`\b(?:mark|rate|score|grade|judge|evaluate|assess|treat|consider)\b(?!\s*[(:=.])[^\n.]{0,30}\b${SUBJECT}\b[^\n.]{0,40}\b${GOOD}(?![\w])`,
    'output',
  ),
  sign(
    'reward_ordered',
    String.raw`\b(?:give|award|assign|grant|deserves?)\b[^\n.]{0,30}\b(?:full|perfect|maximum|highest|top|passing)\b[^\n.]{0,10}\b(?:score|marks?|points|credit|grade|rating)\b`,
    'output',
  ),
  sign(
    'verdict_ordered_of_criteria',
    `\\b(?:criteri(?:a|on)|rubrics?|verdicts?)\\b[^\\n]{0,60}\\b${GOOD}(?![\\w])|\\b${GOOD}\\b[^\\n]{0,30}\\b(?:verdicts?|criteri(?:a|on)|rubrics?)\\b`,
  ),
  sign(
    'judge_terms',
    String.raw`\b(?:cannot_tell|control_even|control_odd|requests_addressed|claims_supported|errors_resolved|user_satisfied|tool_fits|arguments_grounded|calls_needed|results_heeded|code_does_task|code_consistent|code_complete|code_safe)\b`,
  ),
  sign(
    'verdict_json',
    String.raw`["'](?:verdict|criteria|final_verdict|overall_score|grade)["']\s*:\s*(?:["'](?:pass|fail)|\[|\{|1\b|10\b|true)`,
  ),
  sign(
    'data_closed',
    String.raw`\b(?:end of|closed?|ends? here:?) (?:the )?(?:data|transcript|record(?:ed conversation)?|untrusted (?:data|content))\b[^\n]{0,40}(?:[.:\])]|instruction|now)|^\W{0,4}(?:BEGIN|END) [0-9a-zA-Z_-]{8,}\W{0,4}$`,
  ),
  sign(
    'role_token',
    String.raw`<\|?(?:im_start|im_end|endoftext|start_header_id|end_header_id|eot_id|system|assistant|user)\|?>|<start_of_turn>|<end_of_turn>|\[\/?INST\]|<<\/?SYS>>|<｜(?:User|Assistant|System)`,
  ),
  sign(
    'rules_lifted',
    String.raw`\b(?:ignore|disregard|forget|override|bypass|dismiss|skip)\b[^\n]{0,30}\b(?:previous|prior|above|earlier|preceding|all|any|every|your|the|these|those)\b[^\n]{0,30}\b(?:instructions?|rules?|prompts?|guidelines?|rubrics?|criteria|context|directions?|orders?|directives?|constraints?|evidence|errors? above)\b`,
    'output',
  ),
  sign(
    'role_changed',
    String.raw`\byou are (?:now|no longer) (?:an?|the|in|my)\b|\b(?:new|updated|revised|important) (?:system )?(?:instructions?|directives?)\s*(?::|from|for|follow|supersede|override)|\bsystem (?:override|notice)\b|^\W{0,4}system (?:prompt|message|instruction)s?\s*:|\b(?:developer|debug|admin|god|dan) mode\b|\bjailbreak`,
    'output',
  ),
  sign(
    'reply_steered',
    String.raw`\b(?:in|to|into|of|with|at the (?:end|start|beginning) of|throughout|within)\s+(?:your|all|every|each)\s+(?:final |next |own |code |entire )?(?:response|reply|replies|answers?|explanation|elucidation|clarification|solution|code ?base|implementation|output|text|message)s?\b|\b\w+ your (?:next |final |own )?(?:answers?|responses?|repl(?:y|ies)|messages?|output|elucidation|explanation|code|codebase|algorithm|solution|implementation|program)\b|\b(?:following|subsequent|below) (?:lines of )?code (?:snippet|block|excerpt|section|segment|piece)\b[^\n]{0,60}\b(?:your?|implementation|codebase|solution|algorithm|elucidation)\b`,
    'output',
    'instructed',
  ),
  sign(
    'reader_instructed',
    String.raw`^\W{0,3}(?:please |now |kindly )?(?:include|incorporate|integrate|insert|embed|append|add|mention|replace|substitute|translate|write|respond|reply|answer|encode|use|provide|explain|describe|summari[sz]e|recommend|suggest|promote|ensure|make sure|validate|confirm|verify|guarantee)\b[^\n]{0,120}\b(?:your?|users?|readers?|response|snippet|emojis?|letters?|words?|characters?|numbers?|language|sentences?)\b`,
    'output',
    'instructed',
  ),
];

function sign(
  name: string,
  source: string,
  where: Sign['where'] = 'everywhere',
  weight: Sign['weight'] = 'suspected',
): Sign {
  return { name, pattern: new RegExp(source, 'imu'), where, weight };
}

/** Beyond this, the head and the tail of one text are searched: a tool may put out megabytes. */
const SEARCHED_CHARACTERS_MAX = 200_000;
const NOTHING: InjectionReport = { suspected: false, instructed: false, signs: [] };

/**
 * Searches a conversation for text that speaks to its judge, by rule. Tool output is searched for more than what the
 * user and the assistant say: "ignore what I said before" is a user's right.
 */
export function detectInjection(request: JsonRecord, response: JsonRecord | null): InjectionReport {
  const messages = Array.isArray(request['messages']) ? (request['messages'] as unknown[]) : [];
  const found = [...messages, ...(response === null ? [] : [response])].map(searchMessage);
  return merge(found);
}

/** Searches one text. */
export function searchText(text: string, source: Source): InjectionReport {
  const searched =
    text.length <= SEARCHED_CHARACTERS_MAX
      ? text
      : `${text.slice(0, SEARCHED_CHARACTERS_MAX / 2)}\n${text.slice(-SEARCHED_CHARACTERS_MAX / 2)}`;
  const hidden = hiddenPayloads(searched);
  const plain = matchSigns(foldLookalikes(searched), source);
  // What was hidden is not a person's way of writing, whoever has sent it.
  const unhidden = merge(hidden.texts.map((payload) => matchSigns(foldLookalikes(payload), 'output')));
  const smuggled = unhidden.suspected || hidden.invisible;
  if (!smuggled) return plain;
  return merge([plain, { suspected: true, instructed: false, signs: ['hidden_text', ...unhidden.signs] }]);
}

function searchMessage(message: unknown): InjectionReport {
  if (!isRecord(message)) return NOTHING;
  const content = message['content'];
  if (typeof content === 'string') return searchText(content, 'other');
  if (!Array.isArray(content)) return NOTHING;
  return merge(
    (content as unknown[]).filter(isRecord).map((block) => {
      if (block['type'] === 'text') return searchText(String(block['text'] ?? ''), 'other');
      return block['type'] === 'tool_result' ? searchText(toolResultText(block['content']), 'output') : NOTHING;
    }),
  );
}

function matchSigns(text: string, source: Source): InjectionReport {
  const matched = SIGNS.filter(
    ({ where, pattern }) => (where === 'everywhere' || source === 'output') && pattern.test(text),
  );
  return {
    suspected: matched.some(({ weight }) => weight === 'suspected'),
    instructed: matched.some(({ weight }) => weight === 'instructed'),
    signs: matched.map(({ name }) => name),
  };
}

function merge(reports: readonly InjectionReport[]): InjectionReport {
  return {
    suspected: reports.some(({ suspected }) => suspected),
    instructed: reports.some(({ instructed }) => instructed),
    signs: [...new Set(reports.flatMap(({ signs }) => signs))],
  };
}
