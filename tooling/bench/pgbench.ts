import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { PoolConfig } from 'pg'

import { readCpu, usedBetween } from './machine.ts'
import { cellOf, type Contestant } from './race.ts'

/** Debian's `postgresql` package brings it. Null where it is not installed. */
export function findPgbench(): string | null {
  const versions = '/usr/lib/postgresql'
  const installed = existsSync(versions) ? readdirSync(versions).toSorted().toReversed() : []
  const paths = [...installed.map((version) => `${versions}/${version}/bin/pgbench`), '/usr/bin/pgbench']
  return paths.find((path) => existsSync(path)) ?? null
}

/** Runs a script with prepared statements, one thread, and in whole seconds, which is all it knows. */
export function pgbench(
  name: string,
  program: string,
  script: string,
  { host, port, user, password, database }: PoolConfig,
  serverPid: number,
): Contestant {
  let cells = 0
  const measure = async (callers: number, seconds: number) => {
    cells += 1
    const folder = mkdtempSync(join(tmpdir(), 'user-engine-bench-'))
    try {
      const file = join(folder, 'script.sql')
      writeFileSync(file, script)
      const flags = [
        '-n',
        '-M',
        'prepared',
        '-c',
        String(callers),
        '-j',
        '1',
        '-T',
        String(Math.max(2, Math.round(seconds))),
        '-D',
        `first=${cells * 1e10}`,
        '-D',
        'count=0',
        '-f',
        file,
        '-h',
        String(host),
        '-p',
        String(port),
        '-U',
        String(user),
        String(database),
      ]
      const before = readCpu(serverPid)
      const started = performance.now()
      const { stdout } = await promisify(execFile)(program, flags, {
        env: { ...process.env, PGPASSWORD: String(password) },
      })
      const used = usedBetween(before, readCpu(serverPid))
      const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1])
      const cell = cellOf(number(/actually processed: (\d+)/), performance.now() - started, used, [])
      // Its CPU is no process of ours: what is left over of the machine's is its own and others'.
      return { ...cell, perSecond: number(/tps = ([\d.]+)/), clientUs: null, othersCores: null }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return { name, warm: async (callers) => void (await measure(callers, 2)), measure }
}
