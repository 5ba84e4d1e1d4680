import { readFile } from 'node:fs/promises'

import { KitError } from '../kit-error.ts'

/** Throws a KitError where the file is not there or holds no JSON. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    throw new KitError(`${path} can not be read as JSON.`)
  }
}
