/** The parts of a generateContent request that we write. */
export interface GeminiBlob {
  readonly mimeType: string;
  readonly data: string;
}

export interface GeminiTextPart {
  readonly text: string;
  /** The model's own reasoning, given back to it. */
  readonly thought?: true;
  readonly thoughtSignature?: string;
}

export interface GeminiMediaPart {
  readonly inlineData: GeminiBlob;
}

export interface GeminiFilePart {
  readonly fileData: { readonly mimeType: string; readonly fileUri: string };
}

/** What a user can say; the rest belongs to the model or to its tools. */
export type GeminiContentPart = GeminiTextPart | GeminiMediaPart | GeminiFilePart;

export interface GeminiCallPart {
  readonly functionCall: { readonly id?: string; readonly name: string; readonly args: unknown };
  readonly thoughtSignature?: string;
}

export interface GeminiResponsePart {
  readonly functionResponse: {
    readonly id?: string;
    readonly name: string;
    /** `output` or `error`, the two keys that the model knows. */
    readonly response: { readonly output: string } | { readonly error: string };
    readonly parts?: readonly GeminiMediaPart[];
  };
}

export type GeminiPart = GeminiContentPart | GeminiCallPart | GeminiResponsePart;

export interface GeminiContent {
  readonly role: 'user' | 'model';
  readonly parts: readonly GeminiPart[];
}
