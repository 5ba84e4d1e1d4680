import { trigger, type FaultyPostgres } from './faulty-postgres.ts'

/** Claims, leases and acknowledgements. */
export const faultyRelays: readonly FaultyPostgres[] = [
  {
    name: 'claims-without-a-lock',
    defect: 'A claim reads what is free and updates it by its id, without FOR UPDATE SKIP LOCKED in between.',
    breaks: 'UE-OUTBOX-005',
    expect: 'events given, and given once: it is',
    statements: [
      ['for update of e skip locked', ''],
      ['e.ctid = t.place', 'e.id = (select i.id from user_engine.outbox_events i where i.ctid = t.place)'],
    ],
  },
  {
    name: 'acks-of-anybody',
    defect: 'An acknowledgement does not compare the token of the lease.',
    breaks: 'UE-OUTBOX-006',
    expect: 'and not with LEASE_LOST',
    by: 'UE-OUTBOX-006/ack-of-another',
    statements: [
      [
        'delete from user_engine.outbox_events where lease_token = $1::uuid',
        'delete from user_engine.outbox_events where $1::uuid is not null',
      ],
    ],
  },
  {
    name: 'acks-after-the-end',
    defect: 'An acknowledgement compares the token of the lease, and not whether it still holds.',
    breaks: 'UE-OUTBOX-006',
    expect: 'ack after the end resolved',
    by: 'UE-OUTBOX-006/ack-ended',
    statements: [['and available_at > now() returning', 'returning']],
  },
  {
    name: 'nacks-of-anybody',
    defect: 'Giving back does not compare the token of the lease.',
    breaks: 'UE-OUTBOX-006',
    expect: 'and not with LEASE_LOST',
    by: 'UE-OUTBOX-006/nack-expired',
    statements: [
      [
        'where lease_token = $3::uuid and aggregate_version',
        'where $3::uuid is not null and aggregate_version',
      ],
    ],
  },
  {
    name: 'in-order-of-ids',
    defect: 'The events of a record come in the order of their ids, which is that of nothing.',
    breaks: 'UE-OUTBOX-007',
    expect: 'events in order of delivery: [0].id is',
    statements: [
      [
        'order by e.scope_id, e.aggregate_id, e.aggregate_version, e.ordinal',
        'order by e.scope_id, e.aggregate_id, e.id',
      ],
    ],
  },
  {
    name: 'extends-what-has-ended',
    defect: 'A lease that has ended is prolonged.',
    breaks: 'UE-OUTBOX-008',
    expect: 'and not with LEASE_LOST',
    statements: [
      [
        /(where lease_token = \$2::uuid\s+and aggregate_version > 0 and id = any\(\$3::uuid\[\]\)) and available_at > now\(\) returning 1/,
        '$1 returning 1',
      ],
      [
        / and not exists \(\s*select from user_engine\.outbox_events where lease_token = [^;]* available_at <= now\(\)\s*\)/,
        '',
      ],
    ],
  },
  {
    name: 'steps-over-the-dead',
    defect: 'A stream begins with its first event that is not dead.',
    breaks: 'UE-OUTBOX-009',
    expect: 'what is delivered',
    statements: [
      [
        /from user_engine\.outbox_events e\s+where true/,
        'from user_engine.outbox_events e where e.dead_at is null',
      ],
    ],
  },
  {
    name: 'first-attempt-each-time',
    defect: 'A claim sets the attempts, and does not count them.',
    breaks: 'UE-OUTBOX-010',
    expect: 'attempts: it is',
    by: 'UE-OUTBOX-012/expired',
    statements: [['attempts = e.attempts + 1', 'attempts = 1']],
  },
  {
    name: 'acks-what-it-can',
    defect: 'An acknowledgement deletes what it finds, and does not count.',
    breaks: 'UE-OUTBOX-011',
    expect: 'and not with LEASE_LOST',
    statements: [['(select count(*) from gone) = $3::int', '(select count(*) from gone) <= $3::int']],
  },
  {
    name: 'claimed-for-good',
    defect: 'What has a token is not claimed again, whatever became of its holder.',
    breaks: 'UE-OUTBOX-012',
    expect: 'claim 2: it has',
    statements: [
      [
        'where true and e.dead_at is null and e.available_at <= now()',
        'where e.lease_token is null and e.dead_at is null and e.available_at <= now()',
      ],
    ],
  },
  {
    name: 'no-delay',
    defect: 'What is given back can be claimed at once.',
    breaks: 'UE-OUTBOX-014',
    expect: 'before the delay is over: it has',
    statements: [
      [
        'set lease_token = null, available_at = now() + $1::float8',
        'set lease_token = null, available_at = now() + 0 * $1::float8',
      ],
    ],
  },
  {
    name: 'redrives-whatever-has-the-id',
    defect: 'Redriving an event that is not dead resets it as well.',
    breaks: 'UE-OUTBOX-015',
    expect: 'redriven of many ids: it is',
    statements: [['where dead_at is not null and aggregate_version', 'where aggregate_version']],
  },
  {
    name: 'counts-the-leased-twice',
    defect: 'What is leased is counted as pending too.',
    breaks: 'UE-OUTBOX-016',
    expect: 'counts: pending is',
    statements: [['dead_at is null and (lease_token is null or available_at <= now())', 'dead_at is null']],
  },
  {
    name: 'limit-before-filter',
    defect: 'A claim takes as many streams as it may, and looks afterwards which of them are free.',
    breaks: 'UE-OUTBOX-017',
    expect: 'that may be claimed',
    by: 'UE-SEQUENCE-001/relay',
    statements: [
      ['array_agg(place) filter (where dead_at is null and available_at <= now())', 'array_agg(place)'],
    ],
  },
  {
    name: 'an-epoch-of-the-answer',
    defect: 'A new epoch is answered, and not written.',
    breaks: 'UE-OUTBOX-022',
    expect: 'the epochs of claims after that: [0] is',
    statements: [
      [
        /update user_engine\.outbox_epoch set began_at = greatest\(now\(\), began_at \+ interval '1 millisecond'\)\s+returning began_at as epoch/,
        // Later each time, as it should be: two of one millisecond would be another fault.
        `select now() + pg_current_xact_id()::text::bigint * interval '1 millisecond' as epoch`,
      ],
    ],
  },
  {
    name: 'after-the-highest-id',
    defect: 'A claim goes on after the highest id that was acknowledged: whoever is slow is skipped.',
    breaks: 'UE-OUTBOX-004',
    expect: 'what is delivered: it has',
    schema: [
      'create table public.place (id uuid)',
      'grant usage on schema public to public',
      'grant select on public.place to public',
      ...trigger('outbox_events', 'after delete', 'insert into public.place values (old.id); return null;'),
    ],
    statements: [
      [
        /from user_engine\.outbox_events e\s+where true/,
        `from user_engine.outbox_events e where e.id > (select coalesce(max(id::text)::uuid, '00000000-0000-0000-0000-000000000000') from public.place)`,
      ],
    ],
  },
  {
    name: 'hides-what-is-leased',
    defect: 'Pending events are read without those that are leased.',
    breaks: 'UE-OUTBOX-003',
    expect: 'pending events: items has',
    statements: [[/(from "user_engine"\."outbox_events" where )("scope_id" = )/, '$1not leased and $2']],
  },
  {
    name: 'events-of-denials',
    defect: 'A trigger writes an event for each denial.',
    breaks: 'UE-DENIAL-004',
    expect: 'the state of the outbox: pending is',
    by: 'UE-DENIAL-001/commits',
    schema: trigger(
      'denials',
      'after insert',
      `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
        occurred_at, command_id, data) values (new.scope_id, gen_random_uuid(), 'denial', 'user', gen_random_uuid(), 1, 0, now(),
        gen_random_uuid(), '{}'); return null;`,
    ),
  },
  {
    name: 'ordinals-as-texts',
    defect: 'The ordinals of a version are compared as texts: the ninth comes after the tenth.',
    breaks: 'UE-OUTBOX-007',
    expect: 'events in order of delivery: [3].id is',
    by: 'UE-OUTBOX-007/whatever-the-ids',
    statements: [['e.aggregate_version, e.ordinal', 'e.aggregate_version, e.ordinal::text']],
  },
  {
    name: 'redrives-after-the-delay',
    defect: 'A dead letter that is redriven waits for the delay with which it was given back.',
    breaks: 'UE-OUTBOX-015',
    expect: 'attempts of what is claimed now: ',
    by: 'UE-OUTBOX-015/exactly-the-dead',
    statements: [['attempts = 0, available_at = now()', 'attempts = 0']],
  },
  {
    name: 'no-age-of-the-dead',
    defect: 'The age of the oldest event leaves out dead letters.',
    breaks: 'UE-OUTBOX-016',
    expect: 'the dead letter that is left is null',
    by: 'UE-OUTBOX-016/state',
    statements: [['min(appended_at)', 'min(appended_at) filter (where dead_at is null)']],
  },
  {
    name: 'walks-to-the-end',
    defect:
      'A claim walks from where the last one ended to the end of the streams, and not round to those before.',
    breaks: 'UE-OUTBOX-004',
    expect: 'acknowledged and committed events: it has',
    by: 'UE-OUTBOX-004/under-load',
    disturbs: ['UE-OUTBOX-018', 'UE-OUTBOX-017'],
    statements: [['union all select due from behind)', 'union all select due from behind where false)']],
  },
  {
    name: 'looks-no-further',
    defect: 'A claim looks at the first events of a walk, and not beyond them where none of those is due.',
    breaks: 'UE-OUTBOX-017',
    expect: 'of 1 that may be claimed',
    by: 'UE-SEQUENCE-001/relay',
    statements: [['having count(*) > 0', 'having count(*) > 0 and w.due is not null']],
  },
]
