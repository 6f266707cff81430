export { type ExclusiveGate, exclusiveGate, type GateOptions, type ShortcutGate, shortcutGate } from './gates.ts'
export { type ConstantScale, constantScale, convolvedShortcut, dropoutShortcut } from './operations.ts'
export { type ShortcutOperation, shortcuts } from './shortcuts.ts'
