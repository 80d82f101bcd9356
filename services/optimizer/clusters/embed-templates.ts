import { readEmbeddings, writeEmbeddings } from '#shared/database/clusters/embedding-store.ts';
import type { StoredTemplate } from '#shared/database/clusters/template-store.ts';
import type { Database } from '#shared/database/connect.ts';
import type { ClusterTemplate } from '../clustering/cluster-template.ts';
import { embedNewTemplates } from '../clustering/embed-new-templates.ts';
import type { Embedder } from '../clustering/embedders/embedder.ts';

/** What of a stored template is embedded and clustered. */
export type EmbeddableTemplate = Pick<
  StoredTemplate,
  'templateId' | 'stage' | 'check' | 'expectedVsActual' | 'template' | 'mass'
>;

/**
 * Templates with their vectors: each is embedded once by an embedder and version, and kept. What the embedder throws is
 * passed on.
 */
export async function embedTemplates(
  deps: { readonly database: Database; readonly embedder: Embedder },
  projectId: string,
  templates: readonly EmbeddableTemplate[],
): Promise<readonly ClusterTemplate[]> {
  const { database, embedder } = deps;
  if (templates.length === 0) return [];
  const name = { embedder: embedder.id, embedderVersion: embedder.version };
  const ids = templates.map(({ templateId }) => templateId);
  const known = new Map<string, Float32Array>();
  for (const [id, values] of await readEmbeddings(database, ids, name)) known.set(id, Float32Array.from(values));
  const missing = templates.filter(({ templateId }) => !known.has(templateId));
  if (missing.length > 0) {
    const asNew = missing.map(({ templateId: id, ...template }) => ({ id, ...template }));
    for (const [id, vector] of await embedNewTemplates(asNew, embedder)) known.set(id, vector);
    const { attach: attachThreshold, tentative: tentativeThreshold } = embedder.thresholds;
    const made = missing.map(({ templateId }) => ({ templateId, embedding: [...(known.get(templateId) ?? [])] }));
    await writeEmbeddings(database, projectId, { ...name, attachThreshold, tentativeThreshold }, made);
  }
  return templates.map(({ templateId, stage, check, mass }) => ({
    ...{ id: templateId, stage, check, mass, vector: known.get(templateId) ?? new Float32Array() },
  }));
}
