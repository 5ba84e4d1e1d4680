import { isUserEngineError, type Audience, type AttributeDefinition, type Session } from '../src/index.ts'
import { ADMINISTRATOR, refusal, type World } from './world.ts'

export const source = 'scim'

/** Values under the names that attributes of the catalog `profile` have. */
export const named = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`profile:${name}`, value])) as never

export function set(session: Session, userId: string, values: Readonly<Record<string, unknown>>) {
  return session.setProfileValues({ userId, values: named(values), source })
}

/** A session of the administrator on somebody's behalf. */
export function onBehalfOf(
  world: World,
  audience: Audience,
  tenantId: string | null = world.tenantId,
): Session {
  return world.engine.as({ actor: ADMINISTRATOR, tenantId, audience })
}

/** Publishes definitions under the key `profile`, in the layer of the session or of an application. */
export async function publish(
  session: Session,
  attributes: readonly AttributeDefinition[],
  applicationId?: string,
): Promise<string> {
  const definitions = { attributes: [...attributes] }
  const { catalog } = await session.draftCatalog({ key: 'profile', definitions, applicationId })
  await session.publishCatalog({ catalogId: catalog.id, acceptBreaking: true })
  return catalog.id
}

/** An application of the directory that the tenant may use. */
export async function bound(world: World): Promise<{ applicationId: string; bindingId: string }> {
  const { application } = await world.directory.registerApplication({ clientKey: world.subject() })
  const applicationId = application.id
  await world.directory.activateApplication({ applicationId })
  const { binding } = await world.tenant.requestBinding({ applicationId })
  await world.tenant.activateBinding({ bindingId: binding.id })
  return { applicationId, bindingId: binding.id }
}

/** The rules that an operation refused its attributes or its input by. */
export async function issuesOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error = await refusal(work)
  const known = isUserEngineError(error, 'INVALID_ATTRIBUTES') || isUserEngineError(error, 'INVALID_INPUT')
  if (!known) throw error
  return error.details.issues.map(({ path, rule }) => `${path} ${rule}`)
}
