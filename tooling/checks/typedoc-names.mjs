/** A module is called as it is imported: core/src becomes core, postgres/src/migrate becomes postgres/migrate. */
export const load = ({ converter }) =>
  converter.on('resolveBegin', ({ project }) => {
    for (const module of project.children) module.name = module.name.replace(/\/src(?=\/|$)/, '')
  })
