import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Embeds the SQL files, which stay the source, so that the built package needs no files beside it. */

const NAME = /^(\d{6})_([a-z0-9_]+)\.sql$/
const HEADER = /^-- breaking: (yes|no)\n-- min reader: (\d+)\n(-- online\n)?/
const ONLINE = /^create (?:unique )?index concurrently ([a-z0-9_]+) on user_engine\.[^;]*;\s*$/

const here = new URL('./', import.meta.url)

function literal(sql: string): string {
  return '`' + sql.replace(/[\\`]|\$\{/g, '\\$&') + '`'
}

function migration(file: string, index: number): string {
  const [, id, name] = NAME.exec(file) ?? []
  const sql = readFileSync(new URL(`migrations/${file}`, here), 'utf8')
  const [, breaking, minReader, marked] = HEADER.exec(sql) ?? []
  if (name === undefined || Number(id) !== index + 1)
    throw new Error(`${file}: names are 000001_name.sql, without a gap`)
  if (breaking === undefined) throw new Error(`${file} must begin with its lines breaking and min reader`)
  const [, online] = ONLINE.exec(sql.replaceAll(/^--.*\n/gm, '').trimStart()) ?? []
  if ((marked === undefined) !== (online === undefined))
    throw new Error(`${file}: an online migration says so, and is one \`create index concurrently\``)
  return [
    '  {',
    `    id: ${index + 1},`,
    `    name: '${name}',`,
    `    breaking: ${breaking === 'yes'},`,
    `    minReader: ${minReader},`,
    `    online: ${online === undefined ? null : `'${online}'`},`,
    `    sha256: '${createHash('sha256').update(sql).digest('hex')}',`,
    `    sql: ${literal(sql)},`,
    '  },',
  ].join('\n')
}

const files = readdirSync(new URL('migrations/', here)).toSorted()
mkdirSync(new URL('src/generated/', here), { recursive: true })
writeFileSync(
  new URL('src/generated/migrations.ts', here),
  `// Written by generate.ts from migrations/*.sql.
import type { Migration } from '../migrations.ts'

export const MIGRATIONS: readonly Migration[] = [
${files.map(migration).join('\n')}
]
`,
)
writeFileSync(
  new URL('src/generated/roles.ts', here),
  `// Written by generate.ts from roles.sql.
export const ROLES_SQL = ${literal(readFileSync(new URL('roles.sql', here), 'utf8'))}
`,
)
