import { readFileSync } from 'node:fs'

import type { JsonValue } from '@user-engine/store'

import { SCIM_USER } from '../src/attribute-definitions.ts'
import type { ScimSchema, ScimUser } from '../src/index.ts'

type Attribute = ScimSchema['attributes'][number]
type Sub = NonNullable<Attribute['subAttributes']>[number]

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const plain = { multiValued: false, required: false, mutability: 'readWrite', returned: 'default' } as const
const text = (name: string): Sub => ({
  ...plain,
  name,
  type: 'string',
  description: `The ${name} of the User.\nREQUIRED by nobody.`,
  caseExact: false,
  uniqueness: 'none',
})
const several = (
  name: string,
  canonicalValues: readonly string[],
  value: Sub = text('value'),
): Attribute => ({
  ...plain,
  name,
  type: 'complex',
  multiValued: true,
  subAttributes: [
    value,
    text('display'),
    { ...text('type'), canonicalValues: [...canonicalValues] },
    { ...plain, name: 'primary', type: 'boolean' },
  ],
})
const schema = (id: string, name: string, attributes: readonly Attribute[]): ScimSchema => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  description: name,
  attributes: [...attributes],
  meta: { resourceType: 'Schema', location: `/v2/Schemas/${id}` },
})

const reference = (name: string): Sub => ({ ...text(name), type: 'reference', referenceTypes: ['external'] })
const parts = 'formatted familyName givenName middleName honorificPrefix honorificSuffix'
const address = 'formatted streetAddress locality region postalCode country'

/** RFC 7643 section 8.7.1, but for its prose. */
const USER_SCHEMA = schema(SCIM_USER, 'User', [
  { ...text('userName'), required: true, uniqueness: 'server' },
  { ...plain, name: 'name', type: 'complex', subAttributes: parts.split(' ').map(text) },
  ...['displayName', 'nickName'].map(text),
  reference('profileUrl'),
  ...['title', 'userType', 'preferredLanguage', 'locale', 'timezone'].map(text),
  { ...plain, name: 'active', type: 'boolean' },
  { ...text('password'), mutability: 'writeOnly', returned: 'never' },
  several('emails', ['work', 'home', 'other']),
  several('phoneNumbers', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
  several('ims', ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo']),
  several('photos', ['photo', 'thumbnail'], reference('value')),
  {
    ...several('addresses', []),
    subAttributes: [
      ...address.split(' ').map(text),
      { ...text('type'), canonicalValues: ['work', 'home', 'other'] },
      { ...plain, name: 'primary', type: 'boolean' },
    ],
  },
  {
    ...several('groups', []),
    mutability: 'readOnly',
    subAttributes: [text('value'), reference('$ref'), text('display'), text('type')].map((sub) => ({
      ...sub,
      mutability: 'readOnly' as const,
    })),
  },
  several('entitlements', []),
  several('roles', []),
  several('x509Certificates', [], { ...text('value'), type: 'binary' }),
])

const ENTERPRISE_SCHEMA = schema(ENTERPRISE, 'EnterpriseUser', [
  ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map(text),
  {
    ...plain,
    name: 'manager',
    type: 'complex',
    subAttributes: [text('value'), reference('$ref'), { ...text('displayName'), mutability: 'readOnly' }],
  },
])

const GROUP_SCHEMA = schema('urn:ietf:params:scim:schemas:core:2.0:Group', 'Group', [
  { ...text('displayName'), required: true },
  {
    ...plain,
    name: 'members',
    type: 'complex',
    multiValued: true,
    subAttributes: [
      { ...text('value'), mutability: 'immutable' },
      { ...reference('$ref'), mutability: 'immutable', referenceTypes: ['User', 'Group'] },
      { ...text('type'), mutability: 'immutable', canonicalValues: ['User', 'Group'] },
      { ...text('display'), mutability: 'readOnly' },
    ],
  },
])

/** RFC 7643 section 8.2. */
const FULL_USER: ScimUser = {
  schemas: [SCIM_USER],
  id: '2819c223-7f76-453a-919d-413861904646',
  externalId: '701984',
  userName: 'bjensen@example.com',
  name: {
    formatted: 'Ms. Barbara J Jensen, III',
    familyName: 'Jensen',
    givenName: 'Barbara',
    middleName: 'Jane',
    honorificPrefix: 'Ms.',
    honorificSuffix: 'III',
  },
  displayName: 'Babs Jensen',
  nickName: 'Babs',
  profileUrl: 'https://login.example.com/bjensen',
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  addresses: [
    {
      type: 'work',
      streetAddress: '100 Universal City Plaza',
      locality: 'Hollywood',
      region: 'CA',
      postalCode: '91608',
      country: 'USA',
      formatted: '100 Universal City Plaza\nHollywood, CA 91608 USA',
      primary: true,
    },
  ],
  phoneNumbers: [{ value: '555-555-5555', type: 'work' }],
  ims: [{ value: 'someaimhandle', type: 'aim' }],
  photos: [{ value: 'https://photos.example.com/profilephoto/72930000000Ccne/F', type: 'photo' }],
  userType: 'Employee',
  title: 'Tour Guide',
  preferredLanguage: 'en-US',
  locale: 'en-US',
  timezone: 'America/Los_Angeles',
  active: true,
  password: 't1meMa$heen',
  groups: [
    {
      value: 'e9e30dba-f08f-4109-8486-d5c6a331660a',
      $ref: 'https://example.com/v2/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a',
      display: 'Tour Guides',
    },
  ],
  x509Certificates: [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVM=' }],
  meta: { resourceType: 'User', created: '2010-01-23T04:56:22Z' },
}

/** RFC 7643 section 8.3. */
const ENTERPRISE_USER: ScimUser = {
  ...FULL_USER,
  schemas: [SCIM_USER, ENTERPRISE],
  [ENTERPRISE]: {
    employeeNumber: '701984',
    costCenter: '4130',
    organization: 'Universal Studios',
    division: 'Theme Park',
    department: 'Tour Operations',
    manager: {
      value: '26118915-6090-4610-87e4-49d8ca9f808d',
      $ref: '../Users/26118915-6090-4610-87e4-49d8ca9f808d',
      displayName: 'John Smith',
    },
  },
}

const directory = process.env['RFC7643_DOCUMENTS']

/** What the RFC says: of its own documents where RFC7643_DOCUMENTS names their folder, else as written here. */
function document(file: string, here: object): Readonly<Record<string, JsonValue>> {
  if (directory === undefined) return here as Readonly<Record<string, JsonValue>>
  return JSON.parse(readFileSync(`${directory}/${file}.json`, 'utf8')) as Readonly<Record<string, JsonValue>>
}

export const SCHEMAS = {
  user: document('rfc7643-8.7.1-schema-user', USER_SCHEMA),
  enterprise: document('rfc7643-8.7.1-schema-enterprise_user', ENTERPRISE_SCHEMA),
  group: document('rfc7643-8.7.1-schema-group', GROUP_SCHEMA),
}

export const USERS = {
  full: document('rfc7643-8.2-user-full', FULL_USER),
  enterprise: document('rfc7643-8.3-enterprise_user', ENTERPRISE_USER),
}
