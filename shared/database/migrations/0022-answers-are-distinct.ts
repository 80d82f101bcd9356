import { type Kysely, sql } from 'kysely';

/**
 * Tells the planner that nearly every answer ends at a node of its own, whatever the rows that it has last looked at say.
 * After an hour of one question asked again and again it takes all for alike, and reads every call of a session, or of
 * the week, to find the one that a request continues: seconds a batch, until the table is analysed again.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    DO $$
    DECLARE
      made text := $made$EXECUTE format('CREATE TABLE IF NOT EXISTS call_%s PARTITION OF call FOR VALUES FROM (%L) TO (%L)', suffix, lower_id, upper_id);$made$;
      distinct_nodes text := $set$
  EXECUTE format('ALTER TABLE call_%s ALTER COLUMN response_node SET (n_distinct = -0.5)', suffix);$set$;
      definition text := pg_get_functiondef('ensure_week_partitions(date)'::regprocedure);
      week regclass;
    BEGIN
      IF position(made IN definition) = 0 THEN RAISE EXCEPTION 'ensure_week_partitions is not what it was'; END IF;
      EXECUTE replace(definition, made, made || distinct_nodes);
      FOR week IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'call'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN response_node SET (n_distinct = -0.5)', week);
      END LOOP;
    END $$;
  `)
    .execute(database);
}
