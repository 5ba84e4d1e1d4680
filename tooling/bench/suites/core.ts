import { createMemoryStore } from '@user-engine/memory'

import { profileOf } from '../profile.ts'
import { closedLoop, isLate, run, spreadOf } from '../race.ts'
import { ACTOR, openEngine } from '../server.ts'
import type { Suite } from '../suite.ts'

const CALLS = 3000
const issuer = 'https://login.example.com'

export const core: Suite = {
  title: 'The core alone',
  about:
    'Operations on the store in memory, one after the other: no database, no network. Bytes allocated and shares of CPU are ' +
    `sampled by V8 over ${CALLS.toLocaleString('en')} calls each.`,
  share: 1,
  async run({ server, pace, progress }) {
    const notMeasured: string[] = []
    const rows: string[][] = []
    for (const [name, operate] of Object.entries(await operations())) {
      if (isLate(pace, name, notMeasured)) continue
      progress(`core: ${name}`)
      const contestants = [closedLoop('user-engine', operate, server.pid)]
      const race = await run({ title: name, unit: 'operations', callers: 1, contestants, goals: {} }, pace)
      const { bytesAllocated, shares } = await profileOf(async () => {
        for (let call = 0; call < CALLS; call += 1) await operate()
      })
      const perSecond = spreadOf(race.contestants[0]?.cells.map((cell) => cell.perSecond) ?? [])
      const largest = [...shares].slice(0, 5).map(([owner, share]) => `${owner} ${Math.round(share * 100)} %`)
      rows.push([
        name,
        Math.round(perSecond.median).toLocaleString('en'),
        (1e6 / perSecond.median).toFixed(0),
        (bytesAllocated / CALLS / 1024).toFixed(1),
        largest.join(', '),
      ])
    }
    const columns = ['per second', 'µs each', 'KiB allocated', 'where the CPU went']
    return { races: [], facts: [{ title: 'operation', columns, rows }], notMeasured }
  },
}

async function operations(): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const { engine } = openEngine(createMemoryStore())
  const { tenant } = await engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ state: 'active' })
  const session = () => engine.as({ actor: ACTOR, tenantId: tenant.id })
  const admin = session()
  const attributes = Array.from({ length: 20 }, (_, index) => ({ name: `attribute${index}` }))
  const { catalog } = await admin.draftCatalog({ key: 'profile', definitions: { attributes } })
  await admin.publishCatalog({ catalogId: catalog.id })
  const subject = crypto.randomUUID()
  const { user } = await admin.provisionUser({ identity: { issuer, subject } })
  const values = Object.fromEntries(attributes.map(({ name }) => [`profile:${name}`, 'a value']))
  await admin.setProfileValues({ userId: user.id, values, source: 'bench' })
  const { application } = await engine
    .as({ actor: ACTOR, tenantId: null })
    .registerApplication({ clientKey: 'portal' })
  await engine.as({ actor: ACTOR, tenantId: null }).activateApplication({ applicationId: application.id })
  const { binding } = await admin.requestBinding({ applicationId: application.id })
  await admin.activateBinding({ bindingId: binding.id })
  return {
    'a session': async () => session(),
    getUser: () => admin.getUser({ userId: user.id }),
    resolveIdentity: () => admin.resolveIdentity({ issuer, subject, profile: false }),
    'resolveIdentity, 20 attributes': () =>
      admin.resolveIdentity({ issuer, subject, applicationId: application.id }),
    'setProfileValues, one attribute': () =>
      admin.setProfileValues({
        userId: user.id,
        values: { 'profile:attribute1': 'another' },
        source: 'bench',
      }),
    linkIdentity: () => admin.linkIdentity({ userId: user.id, issuer, subject: crypto.randomUUID() }),
    provisionUser: () => admin.provisionUser({ identity: { issuer, subject: crypto.randomUUID() } }),
  }
}
