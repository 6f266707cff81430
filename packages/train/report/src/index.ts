export { report } from './report.ts'
export type { Epoch, Fact, Image, NetRow, ReportData, Sample, Step } from './data.ts'
