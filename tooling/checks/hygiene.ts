import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Outcome } from './outcome.ts'
import { listFiles, ROOT } from './repository.ts'

export interface SourceFile {
  readonly path: string
  readonly text: string
}

const TOP_LEVEL = new Set(
  (
    'package.json pnpm-workspace.yaml pnpm-lock.yaml turbo.json README.md LICENSE packages apps tooling docs ' +
    '.changeset .ci .github .editorconfig .gitattributes .gitignore .oxfmtrc.json .oxlintrc.json'
  ).split(' '),
)
const NAMELESS = /(?:^|[-./])(?:utils?|helpers?|commons?|managers?|misc|types)(?=[-./]|$)/

interface Rule {
  readonly applies: RegExp
  readonly finds: RegExp
  readonly says: string
}

const RULES: readonly Rule[] = [
  {
    applies: /\.test\.ts$/,
    finds: /\b(?:describe|it|test|suite)(?:\.\w+)*\.(?:only|skip|skipIf|todo|fails)\b/,
    says: 'a test that does not run, or not with the others',
  },
  {
    applies: /./,
    finds: /(?<![\w.$}/])\/(?:home|root|Users|work|opt|mnt|tmp)\/[\w.-]+|\b[A-Z]:\\\\?Users\b/,
    says: 'a path of one machine',
  },
  {
    applies: /./,
    finds: /https?:\/\/[^\s"'`)/]*(?:registry|artifactory|verdaccio|nexus|jfrog|mirror)/i,
    says: 'a registry host',
  },
]

/** What reading alone would miss: names that say nothing, and what must not be committed. */
export function hygiene(files: readonly SourceFile[] = readAll()): Outcome {
  const problems: string[] = []
  for (const { path, text } of files) {
    const top = path.split('/')[0] ?? ''
    if (!TOP_LEVEL.has(top)) problems.push(`${top} does not belong at the top level`)
    if (NAMELESS.test(path)) problems.push(`${path}: a name that does not say what is inside`)
    for (const { applies, finds, says } of RULES) {
      const found = applies.test(path) ? finds.exec(text) : null
      if (found === null) continue
      const line = text.slice(0, found.index).split('\n').length
      problems.push(`${path}:${line}: ${says} (${found[0]})`)
    }
  }
  return { summary: `${files.length} files by ${RULES.length + 2} rules`, problems: [...new Set(problems)] }
}

function readAll(): SourceFile[] {
  return listFiles().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}
