import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

import { Client, type ClientConfig } from 'pg'

import type { Block } from './pages.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const FROM_SOURCE = '--conditions=@user-engine/source'
const LIMIT_MS = 120_000

/** What `npx <package>` runs in a repository that has the packages installed. */
const COMMANDS = {
  '@user-engine/postgres': join(ROOT, 'packages/postgres/src/cli.ts'),
  '@user-engine/conformance': join(ROOT, 'packages/conformance/src/cli.ts'),
}

export interface Ran {
  readonly output: string
  readonly exitCode: number
}

/** A reader's folder: what a page says is written, run and typed in it, block after block. */
export interface Sandbox {
  run(block: Block): Promise<Ran>
  remove(): void
}

/** `admin` is a login of the provider for an empty database; programs find it in libpq's environment variables. */
export function createSandbox(admin: ClientConfig, extra: Readonly<Record<string, string>>): Sandbox {
  // Inside of the package, so that programs find what it depends on.
  const folder = mkdtempSync(join(import.meta.dirname, 'page-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const cases = Object.entries(COMMANDS).map(
    ([name, entry]) => `'${name}') shift; exec '${process.execPath}' ${FROM_SOURCE} '${entry}' "$@" ;;`,
  )
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\ncase "$1" in\n${cases.join('\n')}\n*) exit 127 ;;\nesac\n`)
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' ${FROM_SOURCE} "$@"\n`)
  for (const name of ['npx', 'node']) chmodSync(join(bin, name), 0o755)
  const env = {
    ...process.env,
    ...extra,
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    PGHOST: String(admin.host),
    PGPORT: String(admin.port),
    PGUSER: String(admin.user),
    PGPASSWORD: String(admin.password),
    PGDATABASE: String(admin.database),
    NO_COLOR: '1',
    NODE_OPTIONS: '',
  }
  let programs = 0

  function spawn(command: string, args: readonly string[]): Promise<Ran> {
    return new Promise((settle) => {
      const child = execFile(
        command,
        args,
        { cwd: folder, env, timeout: LIMIT_MS, maxBuffer: 16_777_216 },
        (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
          settle({ output: exitCode === 0 ? stdout : `${stdout}${stderr}`, exitCode })
        },
      )
      child.stdin?.end()
    })
  }

  async function query(text: string): Promise<Ran> {
    const client = new Client(admin)
    await client.connect()
    try {
      const answered = [await client.query<Record<string, unknown>>(text)].flat()
      const rows = answered.flatMap((each) => each.rows)
      const lines = rows.map((row) => Object.values(row).map(String).join(' | '))
      return { output: lines.map((line) => `${line}\n`).join(''), exitCode: 0 }
    } catch (error) {
      return { output: String(error), exitCode: 1 }
    } finally {
      await client.end()
    }
  }

  return {
    async run({ language, words, text }) {
      const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
      if (file !== undefined) {
        writeFileSync(join(folder, file), text)
        return { output: '', exitCode: 0 }
      }
      if (language === 'sql') return query(text)
      if (language === 'sh') return spawn('sh', ['-euc', text])
      programs += 1
      const program = join(folder, `program-${programs}.ts`)
      writeFileSync(program, text)
      return spawn(process.execPath, [FROM_SOURCE, program])
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
