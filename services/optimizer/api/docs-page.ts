import type { ApiRoute } from './api-route.ts';

/** The routes as one plain page. All of its text is ours: nothing of the traffic is shown here. */
export function docsPage(routes: readonly ApiRoute[]): string {
  const rows = routes
    .map(
      ({ method, path, role, summary }) =>
        `<tr><td>${method}</td><td><code>${escapeHtml(path)}</code></td><td>${role}</td><td>${escapeHtml(summary)}</td></tr>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Trimtab API</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}td,th{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #ccc}</style></head>
<body><h1>Trimtab API</h1>
<p>OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a>. Send a token as <code>Authorization: Bearer …</code>; each role may do what those before it may: viewer, operator, admin.</p>
<table><thead><tr><th>Method</th><th>Path</th><th>Role</th><th></th></tr></thead><tbody>
${rows}
</tbody></table></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
