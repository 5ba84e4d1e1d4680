import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { giveToServer } from '@user-engine/test-postgres'

export interface Certificates {
  /** PEM of the authority. */
  readonly ca: string
  /** The same as a file. */
  readonly file: string
  /** What a server is started with. */
  readonly settings: Readonly<Record<string, string>>
  remove(): void
}

/** An authority of its own, as a provider has one, and a certificate that it issues for this name. */
export function issueCertificates(name: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'user-engine-tls-'))
  const openssl = (command: string) =>
    execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' })
  writeFileSync(join(folder, 'san'), `subjectAltName=DNS:${name}`)
  openssl('req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem')
  openssl(`req -newkey rsa:2048 -nodes -subj /CN=${name} -keyout server.key -out server.csr`)
  openssl(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem',
  )
  giveToServer(...['', 'server.key', 'server.pem'].map((file) => join(folder, file)))
  return {
    ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    file: join(folder, 'ca.pem'),
    settings: {
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: join(folder, 'server.key'),
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
