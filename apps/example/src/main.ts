import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { HANDOFF_FILE, type HandoffFile } from './handoff-file.ts'
import { AUDIENCE, startHost } from './host.ts'
import { provideEmbeddedPostgres } from './provider.ts'

const started = performance.now()
const seconds = () => ((performance.now() - started) / 1000).toFixed(1)

const postgres = await provideEmbeddedPostgres()
console.log(`Postgres is up, its roles are made and its schema is migrated (${seconds()} s)`)

const requestHashKeys = [crypto.randomUUID()] as const
const host = await startHost({ postgres, requestHashKeys, port: Number(process.env['PORT'] ?? 3000) })

mkdirSync(dirname(HANDOFF_FILE), { recursive: true })
const file: HandoffFile = { handoff: postgres.handoff, requestHashKeys }
// A mode is given to a new file alone.
rmSync(HANDOFF_FILE, { force: true })
writeFileSync(HANDOFF_FILE, JSON.stringify(file), { mode: 0o600 })

const { url, issuer, tokens } = host
console.log(`The example is ready on ${url} (${seconds()} s). Its data end with it. Try, in another terminal:

  curl ${url}/readiness

  # Sign in with an ID token of the development issuer: the user is made just in time.
  TOKEN=$(curl -s '${issuer.issuer}/token?subject=ada&audience=${AUDIENCE}' | node -pe 'JSON.parse(require("fs").readFileSync(0)).id_token')
  curl -X POST -H "Authorization: Bearer $TOKEN" ${url}/sign-in

  # Every operation of the engine, as an operator; the support service is refused, and the refusal is in the audit.
  curl -X POST -H 'Authorization: Bearer ${tokens.operator}' -d '{"externalRef":"acme"}' ${url}/operations/registerTenant
  curl -X POST -H 'Authorization: Bearer ${tokens.support}' -d '{"externalRef":"evil"}' ${url}/operations/registerTenant
  curl -X POST -H 'Authorization: Bearer ${tokens.operator}' ${url}/operations/queryAudit

  # A Keycloak realm export, as it is.
  npx -y -p node@24 -p pnpm@12 pnpm --filter @user-engine/example import-keycloak path/to/realm.json

Ctrl-C ends it.`)

let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1)
    stopping = true
    rmSync(HANDOFF_FILE, { force: true })
    void host
      .stop()
      .then(() => postgres.stop())
      .then(() => process.exit(0))
  })
}
