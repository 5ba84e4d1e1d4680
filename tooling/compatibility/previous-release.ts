import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { exportMigrations } from '@user-engine/postgres/migrate'

import { ROOT } from '../checks/repository.ts'
import { copyProvider, createRepository, packAll, PACKAGES, type Repository } from '../stranger/repository.ts'

const run = promisify(execFile)

/** Adds a migration to a schema: its statements, and whether the release before may run on what they make. */
export interface Later {
  readonly name: string
  readonly breaking: boolean
  readonly sql: string
}

/** The release before this one, installed as it was published, beside nothing of this workspace. */
export interface PreviousRelease {
  readonly folder: string
  readonly repository: Repository
  /** How many migrations it knows. */
  readonly schema: number
}

/** The packages of the last commit, as they would be published: what is not committed yet is compared with that. */
async function packLastCommit(): Promise<string> {
  const checkout = mkdtempSync(join(tmpdir(), 'user-engine-last-commit-'))
  try {
    await run('git', ['archive', '--format=tar', `--output=${checkout}/.tar`, 'HEAD'], { cwd: ROOT })
    await run('tar', ['-xf', '.tar'], { cwd: checkout })
    await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: checkout })
    return await packAll(checkout)
  } finally {
    rmSync(checkout, { recursive: true, force: true })
  }
}

/** USER_ENGINE_PREVIOUS is a version on the registry. Until there is a first one, the last commit stands for it. */
export async function installPrevious(
  version = process.env['USER_ENGINE_PREVIOUS'] ?? '',
): Promise<PreviousRelease> {
  const published = version !== ''
  const folder = published ? mkdtempSync(join(tmpdir(), 'user-engine-previous-')) : await packLastCommit()
  if (published) mkdirSync(join(folder, 'packed'))
  const repository = createRepository(folder, 'previous')
  copyProvider(folder, 'previous', 'tooling/compatibility/previous')
  const versions = published ? PACKAGES.map((name) => `@user-engine/${name}@${version}`) : []
  await repository.install(published ? [] : PACKAGES, [...versions, 'pg@8'])
  const { code, output } = await repository.exec(
    'npx',
    'user-engine-postgres',
    'migrate',
    'export',
    '--out',
    'sql',
  )
  if (code !== 0) throw new Error(`the previous release does not export its migrations: ${output}`)
  const files = readdirSync(join(folder, 'previous/sql')).filter((name) => name.endsWith('.sql'))
  return { folder, repository, schema: files.length }
}

/**
 * Writes what the previous release's schema lacks of this one's, and then `more`, as `migrate export` would. Answers the
 * folder of the files.
 */
export function writeLater({ folder, schema }: PreviousRelease, more: readonly Later[]): string {
  const path = mkdtempSync(join(folder, 'later-'))
  const own = exportMigrations()
  for (const { file, sql } of own.slice(schema)) writeFileSync(join(path, file), sql)
  for (const [index, { name, breaking, sql }] of more.entries()) {
    const id = own.length + index + 1
    const record = `insert into user_engine.schema_migrations
      (id, name, sha256, breaking, min_reader, engine_version, duration_ms)
      values (${id}, '${name}', 'later', ${breaking}, ${breaking ? id : 1}, 'later', 0);`
    writeFileSync(join(path, `${String(id).padStart(6, '0')}_${name}.sql`), `${sql}\n${record}\n`)
  }
  return path
}
