import type { ApiError } from '#shared/formats/api-error.ts';

/** What to do about a call that an upstream, or the way to it, refused. */
export function fixForUpstream(
  error: Pick<ApiError, 'type' | 'message'>,
  model: { readonly id: string; readonly provider: string },
): string {
  const provider = `providers.${model.provider}`;
  const { message } = error;
  if (message.includes('set network: private'))
    return `if the model is meant to be there, set network: private at ${provider}`;
  if (message.includes('set aws.accessKeyId') || message.includes('set google.serviceAccount'))
    return `name credentials at ${provider}, or run this where the cloud's own default chain finds some`;
  if (message.includes('HTTP 401'))
    return `the key is wrong or revoked: set the variable that ${provider}.apiKey names to a valid one`;
  if (message.includes('HTTP 402')) return `add credit to the account of ${model.provider}`;
  if (message.includes('HTTP 403'))
    return `the key may not use ${model.id}: allow it at ${model.provider}, or use another key`;
  if (message.includes('cannot be reached'))
    return `check ${provider}.baseUrl, and that the server runs and can be reached from here`;
  if (message.includes('is not JSON')) return `check ${provider}.baseUrl: something else than the API answers there`;
  switch (error.type) {
    case 'not_found_error':
      return `check that ${model.id} is the provider's exact model id, and that ${provider}.baseUrl has the version that its SDK takes (such as /v1)`;
    case 'rate_limit_error':
      return `wait, or raise the quota at ${model.provider}`;
    case 'overloaded_error':
    case 'timeout_error':
      return `try again; if it stays so, ask ${model.provider}, and keep a fallback in every route`;
    case 'invalid_request_error':
      return `if the server refuses a parameter, name its deviation under ${provider}.quirks`;
    default:
      return `look at the log of ${model.provider}, or try the same call by hand`;
  }
}
