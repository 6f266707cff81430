export { applyIdentityAdd, identityAdd } from './identity-add.ts'
