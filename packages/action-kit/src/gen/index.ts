export { actionYml, allOutputs, COMMON_OUTPUTS } from './action-yml.ts'
export { fillPolicy, policyOf, type Policy } from './policy.ts'
export { blocks, fillBlocks, referencePage } from './tables.ts'
