export { type Goal, type HalvingOptions, halvingRounds, ranked, type Round, type Score, survivors } from './halving.ts'
export {
  checkSpace,
  type Choice,
  gridPoints,
  isRange,
  type Parameter,
  type Point,
  randomPoint,
  type Range,
  type Space,
  SpaceError,
  type Value,
} from './space.ts'
