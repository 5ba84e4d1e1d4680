/** The agreed schema as a page: `lines` are a relation, two blanks, and one thing that is true of it. */
export function toSchemaPage(lines: readonly string[]): string {
  const relations = new Map<string, string[]>()
  for (const line of lines) {
    const [name = '', fact = ''] = line.split(/ {2}(.*)/s)
    relations.set(name, [...(relations.get(name) ?? []), fact])
  }
  return [
    '# Schema',
    '',
    'The tables of the schema `user_engine` after all migrations, read from the catalog of a database; a test compares them. Its owner is',
    '`user_engine_migrator`. A constraint or an index that [the port](./api/store.md) knows has the name that the port gives it. Partitions',
    'are as their table.',
    ...[...relations].flatMap(([name, facts]) => ['', `## ${name}`, '', ...toSection(facts)]),
    '',
  ].join('\n')
}

const NO_COLUMN = /^(?:constraint|CREATE|grant|policy|row security|user_engine\.) ?/

function toSection(facts: readonly string[]): readonly string[] {
  const columns = facts.filter((fact) => !NO_COLUMN.test(fact))
  const others = facts.filter((fact) => NO_COLUMN.test(fact)).map((fact) => `- \`${fact}\``)
  if (columns.length === 0) return others
  const rows = columns.map((column) => `| \`${column.replace(' ', '` | `')}\` |`)
  return ['| column | type |', '|---|---|', ...rows, '', ...others]
}
