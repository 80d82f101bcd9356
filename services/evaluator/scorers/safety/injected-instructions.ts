/** An instruction inside of data: text that speaks to the model and not of the matter. */
export interface InjectedInstruction {
  /** The text around the words that give it away. */
  readonly passage: string;
  readonly marker: string;
}

/** Words that tell a reader to leave what it was doing; each alone is rare in honest data. */
const MARKERS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b.{0,20}\b(?:all |any |the |your |my )*(?:previous|prior|above|earlier|preceding|existing|original|other)\b.{0,20}\b(?:instructions?|prompts?|rules?|guidelines?|messages?|tasks?|directions?|orders?|commands?)\b/gi,
  /\b(?:this is an? )?(?:important|urgent|critical|new|updated|special)\s+(?:message|instructions?|notice|task|orders?|directive)s?\s*(?:from [^.\n]{1,60},?\s*)?(?:to|for)\s+(?:you|the)?,?\s*(?:the\s+)?(?:AI|assistant|agent|model|LLM|language model|Claude|GPT|chatbot)\b/gi,
  /\b(?:before|after) you (?:can )?(?:solve|continue|proceed|answer|complete|finish|do) (?:with )?(?:the|your|my|this|that) (?:\w+ )?(?:task|request|question|work)[^.\n]{0,80}(?:first|must|please|you need)\b/gi,
  /\b(?:attention|hey|hello|dear|note to|message (?:to|for))[,:]?\s+(?:the\s+)?(?:AI|LLM|assistant|language model|AI (?:agent|assistant|model))\b/gi,
  /\bdo not (?:tell|inform|mention|reveal|notify)\b.{0,30}\b(?:the )?user\b/gi,
  /<(?:INFORMATION|SYSTEM|ADMIN|IMPORTANT|instructions?|system_prompt)>|\[(?:SYSTEM|INST|ADMIN)\]|<\|im_start\|>\s*system|^\s*SYSTEM(?: (?:NOTE|MESSAGE|OVERRIDE))?:/gim,
  /\b(?:your )?new (?:instructions?|task|objective|goal) (?:is|are|:)/gi,
];
/** What each of them has a word of: one pass over most texts is enough. */
const ANY_MARKER =
  /ignor|disregard|forget|overrid|\b(?:AI|LLM|assistant|agent|model|Claude|GPT|chatbot)\b|(?:before|after) you|not (?:tell|inform|mention|reveal|notify)|<(?:INFORMATION|SYSTEM|ADMIN|IMPORTANT|instruction|system_prompt)|\[(?:SYSTEM|INST|ADMIN)\]|im_start|^\s*SYSTEM|new (?:instruction|task|objective|goal)/im;
const PASSAGE_CHARACTERS = 800;
const TEXT_CHARACTERS_MAX = 100_000;
const PASSAGES_MAX = 20;

/** Passages of a text that give orders to a model. */
export function findInjectedInstructions(text: string): readonly InjectedInstruction[] {
  const searched = text.slice(0, TEXT_CHARACTERS_MAX);
  if (!ANY_MARKER.test(searched)) return [];
  const found: InjectedInstruction[] = [];
  for (const pattern of MARKERS) {
    for (const match of searched.matchAll(pattern)) {
      if (found.length >= PASSAGES_MAX) return found;
      const start = Math.max(0, match.index - PASSAGE_CHARACTERS / 4);
      found.push({ passage: searched.slice(start, match.index + PASSAGE_CHARACTERS), marker: match[0].trim() });
    }
  }
  return found;
}

/** Names in a passage by which an action shows that it comes from there: addresses, numbers, paths, commands. */
const LITERALS: readonly RegExp[] = [
  /\bhttps?:\/\/[^\s"'<>)\]]{6,}/gi,
  /\b[\w.+-]+@[\w-]+\.[\w.]{2,}\b/g,
  /\b(?:www\.)[\w-]+\.[\w./-]{2,}/gi,
  /\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b/g,
  /\b\d[\d -]{7,}\d\b/g,
  /(?:^|\s)(?:~|\/[\w.-]+)(?:\/[\w.-]+)+/g,
  /`([^`\n]{6,120})`/g,
  /\b(?:curl|wget|rm|ssh|scp|nc|bash|sh|python3?|chmod|cat|base64)\s+[^\s.][^\n.]{3,80}/g,
];

export function literalsOf(passage: string): readonly string[] {
  return LITERALS.flatMap((pattern) =>
    [...passage.matchAll(pattern)].map((match) => (match[1] ?? match[0]).trim().replace(/[.,;:]+$/, '')),
  ).filter((literal) => literal.length >= 6);
}
