import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { CLIENT_FIELDS } from './src/keycloak/client-fields.ts'
import { REALM_FIELDS, USER_FIELDS, type FieldRule } from './src/keycloak/fields.ts'

const folder = join(import.meta.dirname, '../../docs/reference')

function table(rules: readonly FieldRule[]): string {
  const rows = rules.flatMap(({ fields, verdict, reason }) =>
    fields.map((field) => `| \`${field}\` | ${verdict} | ${reason} |`),
  )
  return ['| field | | what it becomes, or why not |', '|---|---|---|', ...rows].join('\n')
}

mkdirSync(folder, { recursive: true })
writeFileSync(
  join(folder, 'keycloak-import.md'),
  `<!-- Generated from apps/example/src/keycloak: pnpm fix writes it. -->

# What the import takes from a Keycloak realm export

A realm becomes a tenant, a user of it a user with an account, an account in the tenant, its identities,
its attributes and its memberships; a client becomes an application of the tenant. Every field of the format is listed. A field
that is not is reported by its name, and not imported.

Running an import again changes nothing for a user who is there; a user who lacks an identity, an attribute or a membership gets
it. Many users commit together, each with all that is said of it, so that a killed import leaves whole users, and goes on when it is run again. A user who can't be imported is reported by
the place in the file and the rule, never by a value.

## A user

${table(USER_FIELDS)}

## A client

${table(CLIENT_FIELDS)}

## The realm

${table(REALM_FIELDS)}
`,
)
