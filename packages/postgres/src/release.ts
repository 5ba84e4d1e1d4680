import manifest from '../package.json' with { type: 'json' }

/** What reports and the list of migrations call this adapter. */
export const RELEASE = { name: manifest.name, version: manifest.version } as const
