import { area } from './requirement.ts'

export const ACCEPTANCE = area(
  'How conformance is claimed',
  'A claim is a report that somebody else can repeat.',
  { profile: 'provider-postgres', topic: 'acceptance tests', entities: [] },
  {
    'UE-ACCEPTANCE-001': {
      title: 'The report is handed over as it is',
      statement:
        'A provider that claims conformance MUST hand over `report.json` of a complete run of the kit ' +
        'against what it offers, unchanged, with the version of the kit, the profiles and the seed.',
      rationale: 'A summary says what its author hoped for.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'report.json and junit.xml, and how to repeat the run.',
    },
    'UE-ACCEPTANCE-002': {
      title: 'The kit runs on every change',
      statement:
        'The provider MUST run the kit on every change of its platform or adapter that the application will' +
        ' meet, and MUST show that its pipeline goes red with one of the published faulty stores or providers.',
      rationale: 'A pipeline that has never been red may not be able to be.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The pipeline, and its red run with a faulty store.',
    },
  },
)
