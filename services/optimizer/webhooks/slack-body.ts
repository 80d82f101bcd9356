import type { WebhookMessage } from './webhook-message.ts';

/** Slack refuses longer texts, and more fields. */
const HEADER_CHARACTERS_MAX = 2_800;
const FIELD_CHARACTERS_MAX = 1_900;
const FIELDS_MAX = 10;

const SIGNS = { critical: ':red_circle:', warning: ':large_orange_circle:', info: ':large_blue_circle:' } as const;

/** The message for an incoming webhook of Slack: a text for notifications, and blocks with the facts. */
export function slackBody(message: WebhookMessage): unknown {
  const { type, title, severity, projectId, subject, happenedAt } = message;
  const text = `${SIGNS[severity]} *${escapeSlack(type)}* ${escapeSlack(title)}`.slice(0, HEADER_CHARACTERS_MAX);
  const fields = factsOf(message.data).map(([name, value]) => ({
    type: 'mrkdwn',
    text: `*${escapeSlack(name)}*\n${escapeSlack(value)}`.slice(0, FIELD_CHARACTERS_MAX),
  }));
  const about = escapeSlack(`${projectId} · ${subject} · ${happenedAt.toISOString()}`);
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: about }] },
    ],
  };
}

/** Facts that are one line each; lists and objects are for programs. */
function factsOf(data: unknown): (readonly [string, string])[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, FIELDS_MAX)
    .map(([name, value]) => [name, String(value)] as const);
}

/**
 * A title may be made of text of the traffic. Slack reads `<...>` as links and mentions, and the three characters are
 * all that must be escaped; marks of emphasis are defused, so that a title cannot dress up as one of ours.
 */
function escapeSlack(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, (mark) => `\u200b${mark}`);
}
