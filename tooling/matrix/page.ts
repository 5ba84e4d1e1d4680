import type { Report } from '@user-engine/conformance'

/** What the kit said of one topology on one server. */
export interface Row {
  /** As the server states it, e.g. `17.10`. */
  readonly server: string
  readonly topology: string
  readonly report: Report
}

/** In the order of the page. */
const TOPOLOGIES: Readonly<Record<string, string>> = {
  postgres: 'the store, on the server itself',
  engine: 'the engine on the store',
  pgbouncer: 'the store behind PgBouncer 1.18, transaction mode',
  'tenant-router': 'a database for each tenant, behind the router',
  'citus-dialect': 'the forms for Citus, on the server itself',
  provider: 'the server as a provider hands it over',
}

/** Markdown of docs/reference/topologies.md. It tells nothing that differs from run to run. */
export function matrixPage(rows: readonly Row[]): string {
  const skips = new Map<string, number>()
  const noteOf = (why: string) => {
    const note = skips.get(why) ?? skips.size + 1
    skips.set(why, note)
    return `[${note}]`
  }
  const lines = Object.entries(TOPOLOGIES).flatMap(([topology, title]) =>
    rows
      .filter((row) => row.topology === topology)
      .map(({ server, report }) => {
        const skipped = [...skippedFor(report)].map(([why, count]) => `${count} ${noteOf(why)}`)
        const { pass } = report.counts.cases
        const red = report.cases.length - pass - report.cases.filter(isSkipped).length
        const cells = [title, server, report.budget, report.verdict, report.cases.length, pass, red]
        return `| ${[...cells, skipped.join(', ') || '0'].join(' | ')} |`
      }),
  )
  const notes = [...skips].map(([why, note]) => `${note}. ${why}`)
  const digest = rows[0]?.report.catalogue.digest.slice(0, 12) ?? ''
  return `# Versions and topologies

<!-- Written by pnpm matrix. -->

What the [conformance kit](../guides/run-the-kit.md) says of \`@user-engine/postgres\` on each server that is supported, and
behind each thing that may stand before one, with the full budget and the seed of the kit. The catalogue is ${digest}.
16, 17 and 18 are the embedded binaries of npm, 15 is Debian's.

| what | Postgres | budget | verdict | cases | passed | red | skipped |
|---|--:|---|---|--:|--:|--:|---|
${lines.join('\n')}

Skipped, by why:

${notes.join('\n')}

A row is *partial* where cases were left out, by the budget or by name. Citus itself is not among the servers: see
[scale out](../guides/scale-out.md). What a failover does is in [faults](./faults.md).
`
}

function isSkipped({ verdict }: Report['cases'][number]): boolean {
  return verdict === 'unsupported' || verdict === 'filtered'
}

function skippedFor({ cases }: Report): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { reason } of cases.filter(isSkipped)) {
    const why = reason ?? 'no reason'
    counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  return counts
}
