import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { canonicalJson } from './src/canonical-json.ts'
import { defaultCases } from './src/cases/index.ts'
import { consumerRequirements } from './src/documents/consumer-requirements.ts'
import { persistenceSemantics } from './src/documents/persistence-semantics.ts'
import { requirementReference } from './src/documents/requirements.ts'
import { engineCases } from './src/engine.ts'
import { faultyStores } from './src/faulty.ts'
import { reportJsonSchema } from './src/report.ts'

const NOTE = '<!-- Generated from the catalogue of @user-engine/conformance: pnpm fix writes it. -->\n\n'

const cases = [...defaultCases, ...engineCases]
const docs = join(import.meta.dirname, '../../docs')
mkdirSync(join(docs, 'reference'), { recursive: true })
mkdirSync(join(import.meta.dirname, 'generated'), { recursive: true })
for (const [name, text] of [
  ['postgres-durable-store-consumer-requirements.md', consumerRequirements(cases)],
  ['durable-persistence-semantics.md', persistenceSemantics(cases)],
  ['reference/requirements.md', requirementReference(cases, faultyStores)],
] as const) {
  writeFileSync(join(docs, name), `${NOTE}${text}\n`)
}
writeFileSync(join(import.meta.dirname, 'generated/report.schema.json'), canonicalJson(reportJsonSchema()))
