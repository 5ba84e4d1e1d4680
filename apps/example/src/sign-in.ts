import type { SignInResult, UserEngineService } from '@user-engine/core'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

export interface SignInOptions {
  readonly engine: UserEngineService
  readonly issuer: string
  readonly jwksUri: string
  /** The client id that ID tokens must be issued for. */
  readonly audience: string
}

/** Who the token speaks for: null where it is not valid, for whatever reason. */
export function createSignIn({ engine, issuer, jwksUri, audience }: SignInOptions) {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const actor = { kind: 'service', id: 'sign-in' } as const

  /** Verifies an ID token (OpenID Connect Core 1.0 section 3.1.3.7) and provisions its subject just in time. */
  return async (tenantId: string | null, idToken: string): Promise<SignInResult | null> => {
    const subject = await jwtVerify(idToken, keys, {
      issuer,
      audience,
      algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      requiredClaims: ['sub', 'exp', 'iat'],
    }).then(
      ({ payload }) => payload.sub ?? null,
      (error: unknown) => {
        if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return null
        throw error
      },
    )
    if (subject === null) return null
    return engine.as({ actor, tenantId }).resolveOrProvision({ issuer, subject })
  }
}
