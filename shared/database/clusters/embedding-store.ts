import { sql } from 'kysely';
import { jsonText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** Which embedder made a vector; vectors of two embedders, or of two versions of one, are not comparable. */
export interface EmbedderName {
  readonly embedder: string;
  readonly embedderVersion: string;
}

export interface NewEmbedding {
  readonly templateId: string;
  readonly embedding: readonly number[];
}

/** The vectors of templates that this embedder made; others are made anew. */
export async function readEmbeddings(
  database: Database,
  templateIds: readonly string[],
  { embedder, embedderVersion }: EmbedderName,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { rows } = await sql<{ templateId: string; embedding: number[] }>`
    SELECT template_id, embedding FROM template_embedding
    WHERE template_id = ANY(${[...templateIds]}::uuid[]) AND embedder = ${embedder}
      AND embedder_version = ${embedderVersion}`.execute(database);
  return new Map(rows.map(({ templateId, embedding }) => [templateId, embedding]));
}

/** Keeps vectors with the thresholds under which they were compared. Templates erased in the meantime are left out. */
export async function writeEmbeddings(
  database: Database,
  projectId: string,
  by: EmbedderName & { readonly attachThreshold: number; readonly tentativeThreshold: number },
  embeddings: readonly NewEmbedding[],
): Promise<void> {
  for (let at = 0; at < embeddings.length; at += ROWS_PER_STATEMENT) {
    const records = embeddings.slice(at, at + ROWS_PER_STATEMENT).map(({ templateId, embedding }) => ({
      template_id: templateId,
      embedding,
    }));
    await sql`
      INSERT INTO template_embedding (template_id, project_id, embedder, embedder_version, attach_threshold,
        tentative_threshold, embedding)
      SELECT template.template_id, ${projectId}, ${by.embedder}, ${by.embedderVersion}, ${by.attachThreshold},
        ${by.tentativeThreshold}, made.embedding
      FROM jsonb_to_recordset(${jsonText(records)}::jsonb) AS made (template_id uuid, embedding real[])
      JOIN failure_template template ON template.template_id = made.template_id
      ON CONFLICT (template_id) DO UPDATE SET embedder = excluded.embedder,
        embedder_version = excluded.embedder_version, attach_threshold = excluded.attach_threshold,
        tentative_threshold = excluded.tentative_threshold, embedding = excluded.embedding,
        embedded_at = now()`.execute(database);
  }
}

const ROWS_PER_STATEMENT = 200;
