export { type EditedNet, type NetWithVariables, SurgeryError } from './place.ts'
export { type BlockPlace, insertIdentity, type InsertOptions, removeIdentity } from './surgery.ts'
