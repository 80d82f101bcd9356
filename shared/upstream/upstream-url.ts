/**
 * Joins a provider's base URL and a format's path. Both may have a query (`?api-version=…`, `?alt=sse`), and both stay.
 */
export function upstreamUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  const [pathname = '', query] = path.split('?', 2);
  const base = url.pathname.replace(/\/+$/, '');
  // `…/v1` + `/v1/messages` names one version twice.
  const rest = base.endsWith('/v1') && pathname.startsWith('/v1/') ? pathname.slice('/v1'.length) : pathname;
  url.pathname = `${base}${rest}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
  return url;
}
