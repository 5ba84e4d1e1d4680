import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

const here = import.meta.dirname
const readme = readFileSync(join(here, '../../../README.md'), 'utf8')

function block(info: string): string {
  const found = new RegExp(`^\`\`\`${info}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(readme)?.[1]
  if (found === undefined) throw new Error(`The README has no block "${info}".`)
  return found
}

it('prints what the README says that its example prints', async () => {
  const directory = mkdtempSync(join(here, 'readme-'))
  try {
    const file = join(directory, 'example.ts')
    writeFileSync(file, block('ts run'))
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--conditions=@user-engine/source', file])
    expect(stdout).toBe(block('text output'))
  } finally {
    rmSync(directory, { recursive: true })
  }
})
