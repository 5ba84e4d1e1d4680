/** A program that writes files which are committed. */
export interface Generator {
  readonly name: string
  /** The program and its arguments, run at the root of the repository. */
  readonly command: readonly [string, ...string[]]
  /** All that it writes: files, and folders of its own, from the root of the repository. */
  readonly outputs: readonly string[]
}

export const generators: readonly Generator[] = [
  {
    name: 'postgres SQL',
    command: ['node', 'packages/postgres/generate.ts'],
    outputs: ['packages/postgres/src/generated/migrations.ts', 'packages/postgres/src/generated/roles.ts'],
  },
  {
    name: 'the table of the Keycloak import',
    command: ['node', '--conditions=@user-engine/source', 'apps/example/generate.ts'],
    outputs: ['docs/reference/keycloak-import.md'],
  },
  {
    name: 'the documents of the catalogue and the schema of the report',
    command: ['node', '--conditions=@user-engine/source', 'packages/conformance/generate.ts'],
    outputs: [
      'docs/postgres-durable-store-consumer-requirements.md',
      'docs/durable-persistence-semantics.md',
      'docs/reference/requirements.md',
      'packages/conformance/generated/report.schema.json',
    ],
  },
  {
    name: 'the reference of events and errors',
    command: ['node', '--conditions=@user-engine/source', 'packages/core/generate.ts'],
    outputs: ['docs/reference/events.md', 'docs/reference/errors.md'],
  },
  {
    name: 'the reference of the API and the commands',
    command: ['node', 'tooling/checks/reference.ts'],
    outputs: ['docs/reference/cli.md', 'docs/reference/api'],
  },
]
