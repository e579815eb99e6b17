export { actionYml, allOutputs, COMMON_OUTPUTS } from './action-yml.ts'
export { fillPolicy, policyOf, type Policy } from './policy.ts'
export { DEPLOYERS, type RoleObject, rolesOf, rolesYaml } from './roles.ts'
export { blocks, fillBlocks, referencePage } from './tables.ts'
