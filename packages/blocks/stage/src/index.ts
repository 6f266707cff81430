export { type Stage, stage } from './stage.ts'
