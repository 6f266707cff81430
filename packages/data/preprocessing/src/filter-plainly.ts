import { type Coefficients, precisionBits } from './coefficients.ts'
import type { Band, Filter } from './filter.ts'

const half = 2 ** (precisionBits - 1)

const filterRows = (
  { data, width, channels }: Band,
  { start, end, taps, weights }: Coefficients,
): Uint8ClampedArray => {
  const colours = channels === 1 ? 1 : 3
  const count = start.length
  const rows = data.length / (width * channels)
  const result = new Uint8ClampedArray(rows * count * colours)
  for (let y = 0; y < rows; y++)
    for (let i = 0; i < count; i++)
      for (let c = 0; c < colours; c++) {
        const from = (y * width + start[i]!) * channels + c
        const length = end[i]! - start[i]!
        let sum = half
        for (let k = 0; k < length; k++) sum = (sum + Math.imul(data[from + k * channels]!, weights[i * taps + k]!)) | 0
        result[(y * count + i) * colours + c] = sum >> precisionBits
      }
  return result
}

const filterColumns = (
  data: Uint8ClampedArray,
  length: number,
  top: number,
  { start, end, taps, weights }: Coefficients,
): Uint8ClampedArray => {
  const result = new Uint8ClampedArray(start.length * length)
  const sums = new Int32Array(length)
  for (let i = 0; i < start.length; i++) {
    sums.fill(half)
    for (let y = start[i]!; y < end[i]!; y++) {
      const weight = weights[i * taps + y - start[i]!]!
      const from = (y - top) * length
      for (let j = 0; j < length; j++) sums[j] = (sums[j]! + Math.imul(data[from + j]!, weight)) | 0
    }
    for (let j = 0; j < length; j++) result[i * length + j] = sums[j]! >> precisionBits
  }
  return result
}

/** The filter in plain JavaScript, where there is no SIMD. */
export const filterPlainly: Filter = (band) => {
  const { channels, top, across, down } = band
  const length = across.start.length * (channels === 1 ? 1 : 3)
  return new Uint8Array(filterColumns(filterRows(band, across), length, top, down).buffer)
}
