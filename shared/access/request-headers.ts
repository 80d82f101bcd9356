/** Headers of a request as Node's parser gives them, with lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;
