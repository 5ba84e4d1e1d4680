import { trigger, type FaultyPostgres } from './faulty-postgres.ts'

const asynchronous = `perform set_config('synchronous_commit', 'off', true);`

/** Of an event what is not left to its table. */
const EVENT = [
  'scope_id',
  'id',
  'type',
  'aggregate_kind',
  'aggregate_id',
  'aggregate_version',
  'ordinal',
  'occurred_at',
  'command_id',
  'correlation_id',
  'data',
]

/** What is acknowledged before it is on disk, or where it does not fit there. */
export const faultyCrashes: readonly FaultyPostgres[] = [
  {
    name: 'commits-before-the-disk',
    defect: 'synchronous_commit is off for the database.',
    breaks: 'UE-TRANSACTION-012',
    expect: 'what had resolved is there',
    needs: ['faults.crash'],
    schema: [
      `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`,
    ],
  },
  {
    name: 'accounts-unlogged',
    defect: 'Accounts are an unlogged table, from an import.',
    breaks: 'UE-TRANSACTION-012',
    expect: 'after the crash: accounts-find',
    by: 'UE-TRANSACTION-012/every-read',
    needs: ['faults.crash'],
    schema: ['alter table user_engine.accounts set unlogged'],
  },
  {
    name: 'denials-unlogged',
    defect: 'The partition of the denials is an unlogged table.',
    breaks: 'UE-DENIAL-006',
    expect: 'denials after the crash',
    needs: ['faults.crash'],
    schema: [
      `do $$ declare part record; begin
        for part in select inhrelid::regclass as name from pg_inherits where inhparent = 'user_engine.denials'::regclass loop
          execute format('alter table %s set unlogged', part.name); end loop; end $$`,
    ],
  },
  {
    name: 'denials-before-the-disk',
    defect: 'Denials are committed asynchronously, to be fast.',
    breaks: 'UE-DENIAL-006',
    expect: 'denials after the crash',
    needs: ['faults.crash'],
    schema: trigger('denials', 'before insert', `${asynchronous} return new;`),
  },
  {
    name: 'outbox-unlogged',
    defect: 'The outbox is an unlogged table: it is only a queue.',
    breaks: 'UE-OUTBOX-021',
    expect: 'what is claimed after the crash',
    needs: ['faults.crash'],
    schema: ['alter table user_engine.outbox_events set unlogged'],
  },
  {
    name: 'acks-before-the-disk',
    defect: 'Acknowledgements are committed asynchronously, to be fast.',
    breaks: 'UE-OUTBOX-021',
    expect: 'what is claimed after the crash',
    needs: ['faults.crash'],
    schema: trigger('outbox_events', 'before delete', `${asynchronous} return old;`),
  },
  {
    name: 'events-are-best-effort',
    defect: 'A trigger writes the events, and leaves out what a full disk does not take.',
    breaks: 'UE-ERROR-009',
    expect: 'rows of key, user, audit and events after a full disk',
    needs: ['faults.fill', 'observer'],
    schema: trigger(
      'outbox_events',
      'before insert',
      `if pg_trigger_depth() > 1 then return new; end if;
      begin
        insert into user_engine.outbox_events (${EVENT.join(', ')}) select ${EVENT.map((name) => `new.${name}`).join(', ')};
        exception when disk_full then null;
      end;
      return null;`,
    ),
  },
]
