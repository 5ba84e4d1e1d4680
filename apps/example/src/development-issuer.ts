import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** An OpenID provider for development: anybody who can reach it gets a token for any subject. Loopback only. */
export interface DevelopmentIssuer {
  readonly issuer: string
  readonly jwksUri: string
  /** An ID token (OpenID Connect Core 1.0 section 2) of five minutes for this subject and audience. */
  mint(subject: string, audience: string): Promise<string>
  stop(): Promise<void>
}

export async function startDevelopmentIssuer(port = 0): Promise<DevelopmentIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const kid = crypto.randomUUID()
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] }

  const mint = (subject: string, audience: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(privateKey)

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const answer = (body: unknown) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    }
    if (url.pathname === '/.well-known/openid-configuration') {
      answer({ issuer, jwks_uri: `${issuer}/jwks`, id_token_signing_alg_values_supported: ['ES256'] })
    } else if (url.pathname === '/jwks') {
      answer(keys)
    } else if (url.pathname === '/token') {
      const subject = url.searchParams.get('subject') ?? ''
      const audience = url.searchParams.get('audience') ?? ''
      if (subject === '' || audience === '') response.writeHead(400).end()
      else void mint(subject, audience).then((idToken) => answer({ id_token: idToken, token_type: 'Bearer' }))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    mint,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
