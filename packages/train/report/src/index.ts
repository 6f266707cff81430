export { report } from './report.ts'
export type { Epoch, Fact, Image, Mistake, Run, Step } from './run.ts'
