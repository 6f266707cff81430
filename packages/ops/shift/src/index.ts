export { applyShift, shift, type ShiftOptions, type ShiftParams } from './shift.ts'
