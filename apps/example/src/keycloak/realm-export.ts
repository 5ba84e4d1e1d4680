import { createReadStream } from 'node:fs'

import { JSONParser, type JsonTypes } from '@streamparser/json'
import { z } from 'zod'

const providerSchema = z.object({
  alias: z.string().min(1),
  config: z.object({ issuer: z.string().min(1).optional() }).optional(),
})

const userSchema = z.looseObject({
  id: z.string().min(1).max(255).optional(),
  username: z.string().min(1).max(255),
  enabled: z.boolean().default(true),
  serviceAccountClientId: z.string().min(1).optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  email: z.string().optional(),
  emailVerified: z.boolean().optional(),
  /** Lists; a single text in exports of old. */
  attributes: z
    .record(z.string(), z.union([z.string().transform((value) => [value]), z.array(z.string())]))
    .default({}),
  realmRoles: z.array(z.string()).default([]),
  clientRoles: z.record(z.string(), z.array(z.string())).default({}),
  groups: z.array(z.string()).default([]),
  federatedIdentities: z
    .array(z.looseObject({ identityProvider: z.string().min(1), userId: z.string().min(1) }))
    .default([]),
})

const clientSchema = z.looseObject({
  clientId: z.string().min(1).max(255),
  enabled: z.boolean().default(true),
})

export type ClientEntry =
  | { readonly index: number; readonly client: z.output<typeof clientSchema> }
  | { readonly index: number; readonly problems: readonly string[] }

export type KeycloakUser = z.output<typeof userSchema>

/** A user of the export, or the place and the rules of one that can't be read. Never a value of it. */
export type UserEntry =
  | { readonly index: number; readonly user: KeycloakUser }
  | { readonly index: number; readonly problems: readonly string[] }

export interface RealmHead {
  readonly realm: string
  /** The issuer of each identity provider that states one, by alias. */
  readonly issuers: ReadonlyMap<string, string>
  readonly fields: readonly string[]
  /** The names of the users' own attributes. */
  readonly attributes: ReadonlySet<string>
}

/** Reads the export once for what stands anywhere in it: its name, its identity providers, the names of its fields. */
export async function readRealmHead(path: string): Promise<RealmHead> {
  let realm: string | null = null
  const issuers = new Map<string, string>()
  const fields = new Set<string>()
  const attributes = new Set<string>()
  const selected = ['$.realm', '$.identityProviders.*', '$.users.*.attributes', '$.*']
  for await (const { value, key, depth, section } of readValues(path, selected)) {
    if (depth === 1 && typeof key === 'string') fields.add(key)
    if (depth === 1 && key === 'realm' && typeof value === 'string') realm = value
    if (depth === 3 && section === 'users') for (const name of Object.keys(value ?? {})) attributes.add(name)
    const provider = section === 'identityProviders' ? providerSchema.safeParse(value).data : undefined
    if (provider?.config?.issuer !== undefined) issuers.set(provider.alias, provider.config.issuer)
  }
  if (realm === null || realm === '') {
    throw new Error('This is no realm export: it has no field "realm" at its top level.')
  }
  return { realm, issuers, fields: [...fields], attributes }
}

/** The users one by one, in constant memory. */
export async function* readUsers(path: string): AsyncGenerator<UserEntry> {
  for await (const { index, ...entry } of readEntries(path, '$.users.*', userSchema)) {
    yield 'problems' in entry ? { index, problems: entry.problems } : { index, user: entry.data }
  }
}

/** The clients one by one. */
export async function* readClients(path: string): AsyncGenerator<ClientEntry> {
  for await (const { index, ...entry } of readEntries(path, '$.clients.*', clientSchema)) {
    yield 'problems' in entry ? { index, problems: entry.problems } : { index, client: entry.data }
  }
}

async function* readEntries<Data>(path: string, selected: string, schema: z.ZodType<Data>) {
  for await (const { value, key } of readValues(path, [selected])) {
    const index = Number(key)
    const parsed = schema.safeParse(value)
    if (parsed.success) yield { index, data: parsed.data }
    else
      yield { index, problems: parsed.error.issues.map(({ path: at, code }) => `${at.join('.')}: ${code}`) }
  }
}

interface SelectedValue {
  readonly value: JsonTypes.JsonPrimitive | JsonTypes.JsonStruct | undefined
  readonly key: string | number | undefined
  readonly depth: number
  /** The field at the top level that the value is in. */
  readonly section: string | number | undefined
}

async function* readValues(path: string, paths: string[]): AsyncGenerator<SelectedValue> {
  let found: SelectedValue[] = []
  const parser = new JSONParser({ paths, keepStack: false })
  parser.onValue = ({ value, key, stack }) => {
    found.push({ value, key, depth: stack.length, section: stack[1]?.key })
  }
  for await (const chunk of createReadStream(path)) {
    parser.write(chunk as Uint8Array)
    const ready = found
    found = []
    yield* ready
  }
  if (!parser.isEnded) throw new Error('The export ends in the middle: it was not written to its end.')
}
