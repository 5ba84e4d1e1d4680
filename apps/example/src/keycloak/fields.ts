/** What becomes of a field of an export. `refused`: it is no business of a user engine, and is never stored. */
export interface FieldRule {
  readonly verdict: 'imported' | 'refused'
  /** What it becomes, or why it does not. */
  readonly reason: string
  readonly fields: readonly string[]
}

const secret = 'A credential or key. The engine holds none: people sign in at an identity provider.'
const policy = 'Configuration of the identity provider, which stays there.'
const authorization = 'Authorization is outside of the engine: ask the policy that your application uses.'
const modelled = 'Profile attributes need a catalog that declares them; undeclared ones are refused, not dropped.'

/** UserRepresentation: every field. */
export const USER_FIELDS: readonly FieldRule[] = [
  { verdict: 'imported', reason: 'The subject of the identity that the realm itself issues.', fields: ['id'] },
  {
    verdict: 'imported',
    reason: 'The external id of the tenant account. Without `id` also the subject of an identity of its own issuer.',
    fields: ['username'],
  },
  { verdict: 'imported', reason: '`false` makes the account disabled.', fields: ['enabled'] },
  { verdict: 'imported', reason: 'Makes the user a service.', fields: ['serviceAccountClientId'] },
  {
    verdict: 'imported',
    reason: 'Each becomes a linked identity: the issuer is that of the identity provider, the subject its `userId`.',
    fields: ['federatedIdentities'],
  },
  { verdict: 'refused', reason: secret, fields: ['credentials', 'disableableCredentialTypes', 'totp'] },
  {
    verdict: 'refused',
    reason: modelled,
    fields: ['firstName', 'lastName', 'email', 'emailVerified', 'attributes', 'userProfileMetadata'],
  },
  {
    verdict: 'refused',
    reason: authorization,
    fields: ['realmRoles', 'clientRoles', 'applicationRoles', 'groups', 'access', 'clientConsents'],
  },
  { verdict: 'refused', reason: policy, fields: ['requiredActions', 'notBefore'] },
  {
    verdict: 'refused',
    reason: 'Names a place inside of the exporting server.',
    fields: ['self', 'origin', 'federationLink', 'socialLinks'],
  },
  { verdict: 'refused', reason: 'Records carry the time of their own creation.', fields: ['createdTimestamp'] },
]

/** RealmRepresentation: every field. */
export const REALM_FIELDS: readonly FieldRule[] = [
  { verdict: 'imported', reason: 'The external reference of the tenant.', fields: ['realm'] },
  { verdict: 'imported', reason: 'See the fields of a user.', fields: ['users'] },
  {
    verdict: 'imported',
    reason: 'Only `alias` and `config.issuer`: they name the issuer of federated identities.',
    fields: ['identityProviders'],
  },
  {
    verdict: 'refused',
    reason: 'A tenant is suspended by the platform, never by a file.',
    fields: ['enabled'],
  },
  {
    verdict: 'refused',
    reason: 'They live in another directory; export them from there.',
    fields: ['federatedUsers', 'userFederationProviders', 'userFederationMappers'],
  },
  {
    verdict: 'refused',
    reason: secret,
    fields: ['privateKey', 'publicKey', 'certificate', 'codeSecret', 'smtpServer', 'components', 'requiredCredentials'],
  },
  {
    verdict: 'refused',
    reason: authorization,
    fields: [
      'roles', 'groups', 'defaultRole', 'defaultRoles', 'defaultGroups', 'scopeMappings', 'clientScopeMappings',
      'applicationScopeMappings', 'userManagedAccessAllowed', 'adminPermissionsEnabled',
    ],
  },
  {
    verdict: 'refused',
    reason: 'Applications and organizations are not part of this import yet.',
    fields: [
      'clients', 'clientScopes', 'clientTemplates', 'applications', 'oauthClients', 'defaultDefaultClientScopes',
      'defaultOptionalClientScopes', 'organizations', 'organizationsEnabled', 'protocolMappers',
    ],
  },
  {
    verdict: 'refused',
    reason: policy,
    fields: [
      'id', 'displayName', 'displayNameHtml', 'notBefore', 'defaultSignatureAlgorithm', 'revokeRefreshToken',
      'refreshTokenMaxReuse', 'accessTokenLifespan', 'accessTokenLifespanForImplicitFlow', 'ssoSessionIdleTimeout',
      'ssoSessionMaxLifespan', 'ssoSessionIdleTimeoutRememberMe', 'ssoSessionMaxLifespanRememberMe',
      'offlineSessionIdleTimeout', 'offlineSessionMaxLifespanEnabled', 'offlineSessionMaxLifespan',
      'clientSessionIdleTimeout', 'clientSessionMaxLifespan', 'clientOfflineSessionIdleTimeout',
      'clientOfflineSessionMaxLifespan', 'accessCodeLifespan', 'accessCodeLifespanUserAction', 'accessCodeLifespanLogin',
      'actionTokenGeneratedByAdminLifespan', 'actionTokenGeneratedByUserLifespan', 'oauth2DeviceCodeLifespan',
      'oauth2DevicePollingInterval', 'sslRequired', 'passwordCredentialGrantAllowed', 'registrationAllowed',
      'registrationEmailAsUsername', 'rememberMe', 'verifyEmail', 'loginWithEmailAllowed', 'duplicateEmailsAllowed',
      'resetPasswordAllowed', 'editUsernameAllowed', 'userCacheEnabled', 'realmCacheEnabled', 'bruteForceProtected',
      'permanentLockout', 'maxTemporaryLockouts', 'bruteForceStrategy', 'maxFailureWaitSeconds',
      'minimumQuickLoginWaitSeconds', 'waitIncrementSeconds', 'quickLoginCheckMilliSeconds', 'maxDeltaTimeSeconds',
      'failureFactor', 'passwordPolicy', 'otpPolicyType', 'otpPolicyAlgorithm', 'otpPolicyInitialCounter',
      'otpPolicyDigits', 'otpPolicyLookAheadWindow', 'otpPolicyPeriod', 'otpPolicyCodeReusable',
      'otpSupportedApplications', 'localizationTexts', 'webAuthnPolicyRpEntityName',
      'webAuthnPolicySignatureAlgorithms', 'webAuthnPolicyRpId', 'webAuthnPolicyAttestationConveyancePreference',
      'webAuthnPolicyAuthenticatorAttachment', 'webAuthnPolicyRequireResidentKey',
      'webAuthnPolicyUserVerificationRequirement', 'webAuthnPolicyCreateTimeout',
      'webAuthnPolicyAvoidSameAuthenticatorRegister', 'webAuthnPolicyAcceptableAaguids', 'webAuthnPolicyExtraOrigins',
      'webAuthnPolicyPasswordlessRpEntityName', 'webAuthnPolicyPasswordlessSignatureAlgorithms',
      'webAuthnPolicyPasswordlessRpId', 'webAuthnPolicyPasswordlessAttestationConveyancePreference',
      'webAuthnPolicyPasswordlessAuthenticatorAttachment', 'webAuthnPolicyPasswordlessRequireResidentKey',
      'webAuthnPolicyPasswordlessUserVerificationRequirement', 'webAuthnPolicyPasswordlessCreateTimeout',
      'webAuthnPolicyPasswordlessAvoidSameAuthenticatorRegister', 'webAuthnPolicyPasswordlessAcceptableAaguids',
      'webAuthnPolicyPasswordlessExtraOrigins', 'clientProfiles', 'clientPolicies', 'browserSecurityHeaders', 'loginTheme',
      'accountTheme', 'adminTheme', 'emailTheme', 'eventsEnabled', 'eventsExpiration', 'eventsListeners',
      'enabledEventTypes', 'adminEventsEnabled', 'adminEventsDetailsEnabled', 'identityProviderMappers',
      'internationalizationEnabled', 'supportedLocales', 'defaultLocale', 'authenticationFlows', 'authenticatorConfig',
      'requiredActions', 'browserFlow', 'registrationFlow', 'directGrantFlow', 'resetCredentialsFlow',
      'clientAuthenticationFlow', 'dockerAuthenticationFlow', 'firstBrokerLoginFlow', 'attributes', 'keycloakVersion',
      'oid4VciEnabled', 'social', 'updateProfileOnInitialSocialLogin', 'socialProviders',
    ],
  },
]

/** The rule of each field by its name. A name that is not in it is unknown, and is reported. */
export function rulesByField(rules: readonly FieldRule[]): ReadonlyMap<string, FieldRule> {
  return new Map(rules.flatMap((rule) => rule.fields.map((field) => [field, rule] as const)))
}
