import { DIRECTORY } from '@user-engine/store'
import { afterAll, expect, it } from 'vitest'

import { claimStatement } from '../src/outbox-claim.ts'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const relay = await database.connect('relay')
afterAll(() => Promise.all([admin.end(), relay.end()]))

const SEED = 20_261_128
const TENANTS = 3

/** A linear congruential generator: the same outboxes each time. */
function draws(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Stream {
  readonly scopeId: string
  readonly aggregateId: string
  readonly events: number
  readonly head: 'due' | 'leased' | 'delayed' | 'dead'
}

const idOf = (draw: (below: number) => number) => {
  const digits = Array.from({ length: 32 }, () => draw(16).toString(16)).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
const keyOf = ({ scopeId, aggregateId }: Pick<Stream, 'scopeId' | 'aggregateId'>) =>
  `${scopeId}/${aggregateId}`

/** Streams of one event and of two hundred, due and not, in an order that has nothing to do with their ids. */
async function fill(draw: (below: number) => number): Promise<readonly Stream[]> {
  const scopes = [DIRECTORY, ...Array.from({ length: TENANTS }, () => idOf(draw))]
  const heads = ['due', 'due', 'due', 'leased', 'delayed', 'dead'] as const
  const streams = Array.from({ length: 1 + draw(200) }, (): Stream => ({
    scopeId: scopes[draw(scopes.length)] ?? DIRECTORY,
    aggregateId: idOf(draw),
    events: draw(10) === 0 ? 1 + draw(200) : 1 + draw(3),
    head: heads[draw(heads.length)] ?? 'due',
  }))
  await admin.query('truncate user_engine.outbox_events')
  await admin.query(
    `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
        occurred_at, command_id, data, available_at, lease_token, dead_at)
      select s."scopeId", gen_random_uuid(), 'user.created', 'user', s."aggregateId", n, 0, now(), gen_random_uuid(), '{}',
        case when n = 1 and s.head in ('leased', 'delayed') then now() + interval '1 hour' else now() end,
        case when n = 1 and s.head = 'leased' then gen_random_uuid() end, case when n = 1 and s.head = 'dead' then now() end
      from json_to_recordset($1) as s ("scopeId" uuid, "aggregateId" uuid, events int, head text), generate_series(1, s.events) n`,
    [JSON.stringify(streams)],
  )
  return streams
}

it('a claim is given the due heads that come next, from its cursor round to it again', async () => {
  const draw = draws(SEED)
  // As the engine's sessions have it: the outboxes are small here.
  await relay.query('set enable_seqscan = off')
  for (let outbox = 0; outbox < 40; outbox += 1) {
    const streams = (await fill(draw)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    for (const limit of [1, 2, 63, 64, 65, 1000]) {
      const from =
        draw(3) === 0 ? { scopeId: idOf(draw), aggregateId: idOf(draw) } : streams[draw(streams.length)]
      const { scopeId, aggregateId } = from ?? { scopeId: DIRECTORY, aggregateId: DIRECTORY }
      const cut = streams.findIndex((stream) => keyOf(stream) > keyOf({ scopeId, aggregateId }))
      const round = cut === -1 ? streams : [...streams.slice(cut), ...streams.slice(0, cut)]
      const due = round.filter(({ head }) => head === 'due').slice(0, limit)
      const { text, values } = claimStatement({
        scopeId,
        aggregateId,
        limit,
        token: idOf(draw),
        leaseMs: 1000,
      })
      await relay.query('begin')
      const { rows } = await relay.query<Stream & { aggregateVersion: number }>(text, [...values])
      await relay.query('rollback')
      const seen = rows.map(({ aggregateVersion, ...row }) => `${keyOf(row)}/${aggregateVersion}`)
      expect(seen, `outbox ${outbox}, limit ${limit}`).toEqual(due.map((stream) => `${keyOf(stream)}/1`))
    }
  }
})
