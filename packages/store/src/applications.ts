import type { ApplicationId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'
import type { ScopeId } from './scope.ts'

export type ApplicationState = 'draft' | 'active' | 'disabled' | 'retired'

/**
 * A program that people sign in to. UE-APPLICATION-001: the client key MUST be unique in the scope that owns it,
 * whatever the state: `application_client_key`.
 *
 * UE-APPLICATION-002: every tenant scope MUST see the directory's applications, to read and to guard but not to write.
 * UE-APPLICATION-003: a draft of the directory MUST be absent there.
 */
export interface Application extends VersionedRecord {
  /** The directory, or the tenant that owns it. */
  readonly scopeId: ScopeId
  readonly id: ApplicationId
  /** The name by which the program is known to its host, e.g. an OAuth `client_id`. Compared exactly. */
  readonly clientKey: string
  readonly state: ApplicationState
}

export interface ApplicationQuery {
  readonly scopeId: ScopeId
  readonly clientKey: string
}

export interface ApplicationRepository extends Repository<Application> {
  findByClientKey(query: ApplicationQuery): Promise<Application | null>
  /** The applications that the scope sees, in order of id. */
  list(page: PageRequest<ApplicationId>): Promise<Page<Application, ApplicationId>>
}
