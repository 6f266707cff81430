export { checkOptions, OptionsError, type Rules } from './check-options.ts'
export { nearest } from './nearest.ts'
export { flag, func, numberFrom, oneOf, optional, recordOf, type Rule, wholeNumberFrom } from './rules.ts'
export { show } from './show.ts'
