/** The first release of each major that fixes what could show hidden rows by statistics (CVE-2025-8713) or reused plans. */
const MINIMUM: Readonly<Record<number, number>> = { 15: 14, 16: 10, 17: 6, 18: 0 }
const NEWEST = 18

export interface ServerVersion {
  readonly version: string
  /** Of its major; null where the major is too old to be supported at all. */
  readonly minimum: string | null
  readonly supported: boolean
}

/** Judges a `server_version_num`, e.g. 170010. A major that came after this release is taken to be good. */
export function judgeServerVersion(number: number): ServerVersion {
  const major = Math.floor(number / 10_000)
  const minor = number % 10_000
  const version = `${major}.${minor}`
  const least = major > NEWEST ? 0 : MINIMUM[major]
  if (least === undefined) return { version, minimum: null, supported: false }
  return { version, minimum: `${major}.${least}`, supported: minor >= least }
}
