import type { Canonical } from '../canonical.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';

/** What a request refers to that only the server has that answered before: the names of the fields. */
export function serverState(body: JsonObject): { readonly serverState?: readonly string[] } {
  const input: readonly unknown[] = Array.isArray(body['input']) ? body['input'] : [];
  const hasReference = input.some((item) => isJsonObject(item) && item['type'] === 'item_reference');
  const isSet = (field: string): boolean => body[field] !== undefined && body[field] !== null;
  const fields = [
    ...['previous_response_id', 'conversation'].filter(isSet),
    ...(hasReference ? ['item_reference'] : []),
  ];
  return fields.length === 0 ? {} : { serverState: fields };
}

/** The same of a decoded request; empty for every other format. */
export function serverStateOf({ clientOptions }: Canonical): readonly string[] {
  const fields = clientOptions?.['serverState'];
  return Array.isArray(fields) ? fields.map(String) : [];
}

/** The id of a conversation that the provider keeps, however it is written. */
export function conversationIdOf({ extras }: Pick<Canonical, 'extras'>): string | null {
  const conversation = extras.openai?.['conversation'];
  const id = isJsonObject(conversation) ? conversation['id'] : conversation;
  return typeof id === 'string' && id !== '' ? id : null;
}

/** The id of the response that a request continues. */
export function previousResponseIdOf({ extras }: Pick<Canonical, 'extras'>): string | null {
  const id = extras.openai?.['previous_response_id'];
  return typeof id === 'string' && id !== '' ? id : null;
}
