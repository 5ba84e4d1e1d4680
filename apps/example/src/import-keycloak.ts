import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { createUserEngine } from '@user-engine/core'
import { createPostgresStore } from '@user-engine/postgres'

import { HANDOFF_FILE, type HandoffFile } from './handoff-file.ts'
import { REALM_FIELDS, rulesByField, USER_FIELDS } from './keycloak/fields.ts'
import { importUsers, type ImportReport } from './keycloak/import-users.ts'
import { readRealmHead, readUsers } from './keycloak/realm-export.ts'
import { tenantOfRealm } from './keycloak/tenant-of-realm.ts'
import { authorize } from './policy.ts'

const USAGE = `usage: import-keycloak FILE [--issuer URL] [--concurrency N]

FILE is a realm export of Keycloak as it is, or its users file. Running it again changes nothing that is there.
--issuer       the issuer under which the realm's users sign in from now on; default: urn:keycloak:REALM
--concurrency  users that are under way at once; default: 16`

const UNKNOWN = 'This importer does not know the field.'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { issuer: { type: 'string' }, concurrency: { type: 'string', default: '16' } },
})
const [path] = positionals
const concurrency = Number(values.concurrency)
if (path === undefined || !Number.isInteger(concurrency) || concurrency < 1) {
  console.error(USAGE)
  process.exit(2)
}
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
  const { realm, issuers, fields } = await readRealmHead(path)
  const tenantId = await tenantOfRealm(engine.as({ actor, tenantId: null }), realm)
  let shown = 0
  const report = await importUsers(readUsers(path), {
    session: engine.as({ actor, tenantId }),
    realm,
    issuer: values.issuer ?? `urn:keycloak:${encodeURIComponent(realm)}`,
    issuers,
    concurrency,
    onProgress(progress) {
      if (progress.read < shown + 1000) return
      shown = progress.read
      console.log(line(progress))
    },
  })
  console.log(line(report))
  explain(fields, report)
  if (report.refused.length > 0) process.exitCode = 1
} finally {
  await engine.close()
}

function line({ read, created, unchanged, completed, refused }: ImportReport): string {
  const seconds = (performance.now() - started) / 1000
  const rate = Math.round(read / seconds)
  return `${read} users read: ${created} created, ${completed} completed, ${unchanged} there already, ${refused.length} refused (${seconds.toFixed(1)} s, ${rate}/s)`
}

/** What was in the file and is not in the engine: by field, never a value. */
function explain(realmFields: readonly string[], report: ImportReport): void {
  const realmRules = rulesByField(REALM_FIELDS)
  const userRules = rulesByField(USER_FIELDS)
  for (const field of realmFields) {
    const rule = realmRules.get(field)
    if (rule?.verdict !== 'imported') console.log(`not imported: ${field}: ${rule?.reason ?? UNKNOWN}`)
  }
  for (const [field, count] of report.ignoredFields) {
    console.log(`not imported: ${field} of ${count} users: ${userRules.get(field)?.reason ?? UNKNOWN}`)
  }
  for (const { index, reason } of report.refused.slice(0, 20))
    console.log(`refused: users[${index}]: ${reason}`)
  if (report.refused.length > 20) console.log(`refused: ${report.refused.length - 20} more`)
}
