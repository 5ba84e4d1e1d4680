import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `init` writes, as the package ships it. */
const FOLDER = join(import.meta.dirname, '../templates')

/** Who the store is, and how its repository is installed. */
export interface Facts {
  readonly name: string
  readonly version: string
  readonly install: string
}

export function fillTemplate(file: string, { name, version, install }: Facts): string {
  return readFileSync(join(FOLDER, file), 'utf8')
    .replace(
      `name: 'your-store', version: '0.0.0'`,
      () => `name: ${quoted(name)}, version: ${quoted(version)}`,
    )
    .replace('INSTALL', () => install)
}

function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1)
  return `'${escaped.replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`
}
