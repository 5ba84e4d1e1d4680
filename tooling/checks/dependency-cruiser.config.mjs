import { BRINGS, SCOPE } from './manifests.ts'

/** What may import what: as the manifests may say it. */
const boundaries = Object.entries(BRINGS).map(([name, brings]) => {
  const allowed = [
    name,
    ...brings.filter((other) => other.startsWith(SCOPE)).map((other) => other.slice(SCOPE.length)),
  ]
  return {
    name: `${name}-imports-only-${['itself', ...allowed.slice(1)].join('-')}`,
    severity: 'error',
    from: { path: `^packages/${name}/src/`, pathNot: '[.]test[.]ts$' },
    to: { path: '^(packages|apps|tooling)/', pathNot: `^packages/(${allowed.join('|')})/` },
  }
})

export default {
  forbidden: [
    ...boundaries,
    {
      name: 'reference-store-only-to-show-the-kit',
      comment: 'What judges stores knows none of them.',
      severity: 'error',
      from: { path: '^packages/conformance/src/', pathNot: '^packages/conformance/src/demo/' },
      to: { path: '^packages/memory/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-database-driver-outside-its-adapter',
      severity: 'error',
      from: {
        path: '^packages/',
        pathNot: '^packages/(postgres/|conformance/(src/postgres|test|selftest|templates)/)',
      },
      to: { path: 'node_modules/(pg|kysely)/' },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: '[.]test[.]ts$' },
      to: { path: ['^(packages|apps)/[^/]+/test/', '[.]test[.]ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The bench's peers are installed when it is first run.
    exclude: { path: ['/dist/', '^tooling/bench/peers/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@user-engine/source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}
