export { report } from './report.ts'
export { sweepReport } from './sweep-report.ts'
export type { Epoch, Fact, Image, NetRow, ReportData, Sample, Step } from './data.ts'
export type { SweepAxis, SweepData, SweepTrial } from './sweep-data.ts'
