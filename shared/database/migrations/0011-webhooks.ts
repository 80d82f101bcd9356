import { type Kysely, sql } from 'kysely';

/**
 * The outbox of webhooks. An event is written in the transaction of what it tells of, so that none is lost and none is
 * told of what did not happen; deliveries are made of it by the configuration of whoever sends.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    CREATE TABLE webhook_event (
      event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      project_id text NOT NULL REFERENCES project,
      type text NOT NULL,
      subject text NOT NULL,
      deduplication_key text NOT NULL,
      severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
      title text NOT NULL,
      data jsonb NOT NULL,
      happened_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      fanned_out_at timestamptz,
      UNIQUE (project_id, deduplication_key)
    );
    CREATE INDEX webhook_event_waiting_idx ON webhook_event (project_id, created_at) WHERE fanned_out_at IS NULL;
    CREATE INDEX webhook_event_subject_idx ON webhook_event (project_id, subject);
    CREATE TABLE webhook_delivery (
      delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      event_id uuid NOT NULL REFERENCES webhook_event ON DELETE CASCADE,
      project_id text NOT NULL,
      webhook text NOT NULL,
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
      attempts integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz NOT NULL,
      answer_status integer,
      problem text,
      finished_at timestamptz,
      UNIQUE (event_id, webhook)
    );
    CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (project_id, next_attempt_at) WHERE status = 'pending';
    GRANT SELECT ON webhook_event, webhook_delivery TO trimtab_gateway, trimtab_evaluator, trimtab_optimizer;
    GRANT INSERT ON webhook_event TO trimtab_gateway, trimtab_evaluator;
    GRANT INSERT, UPDATE, DELETE ON webhook_event, webhook_delivery TO trimtab_optimizer;
    GRANT ALL ON webhook_event, webhook_delivery TO trimtab_admin;
  `)
    .execute(database);
}
