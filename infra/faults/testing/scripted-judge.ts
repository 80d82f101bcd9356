import { judgeTranscript } from '#shared/testing/fake-judge-verdict.ts';
import { createFakeProvider, type FakeProvider } from '#shared/testing/fake-provider.ts';
import type { FakeReply } from '#shared/testing/fake-reply.ts';

/** What a judge was asked. */
export interface JudgeQuestion {
  /** The whole prompt, with what is judged in it. */
  readonly prompt: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export interface ScriptedJudge extends Pick<FakeProvider, 'baseUrl' | 'close'> {
  /** In the order of their arrival. */
  readonly questions: readonly JudgeQuestion[];
}

/** A judge that answers as the case says. */
export async function createScriptedJudge(answerTo: (question: JudgeQuestion) => FakeReply): Promise<ScriptedJudge> {
  const questions: JudgeQuestion[] = [];
  const { baseUrl, close } = await createFakeProvider({
    format: 'openai-chat',
    strict: false,
    script({ body }) {
      const messages = (body['messages'] ?? []) as readonly { readonly role: string; readonly content: unknown }[];
      const format = body['response_format'] as { json_schema?: { schema?: Record<string, unknown> } } | undefined;
      const prompt = messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : [])).join('\n');
      const question = { prompt, schema: format?.json_schema?.schema ?? {}, atMs: performance.now() };
      questions.push(question);
      return answerTo(question);
    },
  });
  return { baseUrl, close, questions };
}

/** What a judge would say that does its work, or that does one thing wrong. */
export function verdictOn({ prompt, schema }: JudgeQuestion, misbehaviour: string | null = null): string {
  return JSON.stringify(judgeTranscript(prompt, schema, misbehaviour));
}
