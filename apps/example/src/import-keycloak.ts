import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { createUserEngine } from '@user-engine/core'
import { createPostgresStore } from '@user-engine/postgres'

import { HANDOFF_FILE, type HandoffFile } from './handoff-file.ts'
import { CLIENT_FIELDS } from './keycloak/client-fields.ts'
import { REALM_FIELDS, rulesByField, USER_FIELDS } from './keycloak/fields.ts'
import { importClients, type ClientReport } from './keycloak/import-clients.ts'
import { importUsers, type ImportReport } from './keycloak/import-users.ts'
import { publishProfileCatalog } from './keycloak/profile-catalog.ts'
import { readClients, readRealmHead, readUsers } from './keycloak/realm-export.ts'
import { createRoleGroups } from './keycloak/role-groups.ts'
import { tenantOfRealm } from './keycloak/tenant-of-realm.ts'
import { authorize } from './policy.ts'

const USAGE = `usage: import-keycloak FILE [--issuer URL] [--batch-size N]

FILE is a realm export of Keycloak as it is, or its users file. Running it again changes nothing that is there.
--issuer      the issuer under which the realm's users sign in from now on; default: urn:keycloak:REALM
--batch-size  users that commit together, 1 to 1,000; default: 256`

const UNNAMEABLE = 'A catalog can not name it: RFC 7643 section 2.1.'
const UNKNOWN = 'This importer does not know the field.'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { issuer: { type: 'string' }, 'batch-size': { type: 'string', default: '256' } },
})
const [given] = positionals
const batchSize = Number(values['batch-size'])
if (given === undefined || !Number.isInteger(batchSize) || batchSize < 1 || batchSize > 1000) {
  console.error(USAGE)
  process.exit(2)
}
// A package manager runs this in its own folder, and says in which one it was called.
const path = resolve(process.env['INIT_CWD'] ?? '', given)
if (!existsSync(path)) {
  console.error(`There is no file ${path}.`)
  process.exit(2)
}
if (!existsSync(HANDOFF_FILE)) {
  console.error('The example is not running: start it with `pnpm start` first.')
  process.exit(2)
}

const { handoff, requestHashKeys } = JSON.parse(readFileSync(HANDOFF_FILE, 'utf8')) as HandoffFile
const engine = createUserEngine({ store: createPostgresStore(handoff), authorize, requestHashKeys })
const actor = { kind: 'service', id: 'keycloak-import' } as const
const started = performance.now()

try {
  const { realm, issuers, fields, attributes } = await readRealmHead(path)
  const tenantId = await tenantOfRealm(engine.as({ actor, tenantId: null }), realm)
  const session = engine.as({ actor, tenantId })
  const clients = await importClients(readClients(path), session)
  let shown = 0
  const report = await importUsers(readUsers(path), {
    session,
    catalog: await publishProfileCatalog(session, attributes),
    groups: await createRoleGroups(session),
    realm,
    issuer: values.issuer ?? `urn:keycloak:${encodeURIComponent(realm)}`,
    issuers,
    batchSize,
    onProgress(progress) {
      if (progress.read < shown + 1000) return
      shown = progress.read
      console.log(line(progress))
    },
  })
  console.log(line(report))
  console.log(
    `clients: ${clients.created} created, ${clients.unchanged} there already, ${clients.refused.length} refused`,
  )
  explain(fields, clients, report)
  if (report.refused.length + clients.refused.length > 0) process.exitCode = 1
} finally {
  await engine.close()
}

function line({ read, created, unchanged, completed, refused }: ImportReport): string {
  const seconds = (performance.now() - started) / 1000
  const rate = Math.round(read / seconds)
  return `${read} users read: ${created} created, ${completed} completed, ${unchanged} there already, ${refused.length} refused (${seconds.toFixed(1)} s, ${rate}/s)`
}

/** What was in the file and is not in the engine: by field, never a value. */
function explain(realmFields: readonly string[], clients: ClientReport, report: ImportReport): void {
  const realmRules = rulesByField(REALM_FIELDS)
  const userRules = rulesByField(USER_FIELDS)
  const clientRules = rulesByField(CLIENT_FIELDS)
  for (const field of realmFields) {
    const rule = realmRules.get(field)
    if (rule?.verdict !== 'imported') console.log(`not imported: ${field}: ${rule?.reason ?? UNKNOWN}`)
  }
  for (const [field, count] of report.ignoredFields) {
    const reason = field.startsWith('attributes.') ? UNNAMEABLE : userRules.get(field)?.reason
    console.log(`not imported: ${field} of ${count} users: ${reason ?? UNKNOWN}`)
  }
  for (const [field, count] of clients.fields) {
    const rule = clientRules.get(field)
    if (rule?.verdict === 'imported') continue
    console.log(`not imported: ${field} of ${count} clients: ${rule?.reason ?? UNKNOWN}`)
  }
  for (const { index, reason } of clients.refused) console.log(`refused: clients[${index}]: ${reason}`)
  for (const { index, reason } of report.refused.slice(0, 20))
    console.log(`refused: users[${index}]: ${reason}`)
  if (report.refused.length > 20) console.log(`refused: ${report.refused.length - 20} more`)
}
